import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, watch, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import {
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  issueServerCertificate,
} from '@mooring/certs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../config/config.ts'
import { systemRandom } from '../platform/random.ts'
import type { Network } from './host-names.ts'
import { prepareFirstStart, type FirstStartInput } from './quick-start.ts'

const now = Date.UTC(2026, 0, 15, 12)
const writeOrder = ['ca.key', 'ca.crt', 'ssl.key', 'ssl.cert', 'config.yaml']
const network: Network = {
  hostname: 'buildbox',
  addresses: [
    { address: '127.0.0.1', family: 'IPv4', internal: true },
    { address: '192.0.2.7', family: 'IPv4', internal: false },
  ],
  resolve: (name) => Promise.resolve(name === 'buildbox' ? ['192.0.2.7'] : []),
}

let folder = ''
let dataDir = ''
let configDir = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-first-start-'))
  dataDir = join(folder, 'var/mooring')
  configDir = join(dataDir, 'config')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function prepare(changed: Partial<FirstStartInput> = {}) {
  const clock = { now: () => now }
  const given = { dataDir, configDir, random: systemRandom, clock, flags: {}, env: {}, network }
  return prepareFirstStart({ ...given, ...changed })
}

const load = () => readConfig({ configDir, dataDir, env: {}, flags: {} })
const read = (name: string) => readFile(join(configDir, name), 'utf8')
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

async function expectComplete() {
  expect((await readdir(configDir)).sort()).toEqual(writeOrder.toSorted())
  const [ca, caKey, chain, key] = await Promise.all(
    ['ca.crt', 'ca.key', 'ssl.cert', 'ssl.key'].map(read),
  )
  if (!ca || !caKey || !chain || !key) throw new Error('a file is empty')
  expect(checkKeyMatches(ca, caKey)).toBe(true)
  expect(checkKeyMatches(chain, key)).toBe(true)
  expect(chain.endsWith(ca)).toBe(true)
  createSecureContext({ cert: chain, key })
  return load()
}

test('an empty folder becomes one that a server can start from', async () => {
  expect(await prepare()).toEqual({ created: true })
  const config = await expectComplete()
  expect(config).toMatchObject({
    serverHostname: 'buildbox:8443',
    urlScheme: 'https',
    listen: { family: 'IPv4', httpPort: 8080, httpsPort: 8443, metricsPort: 9091 },
    database: { kind: 'sqlite', file: join(dataDir, 'mooring.db') },
    storage: { kind: 'disk', location: 'local', path: join(dataDir, 'storage') },
    superUsers: ['quay'],
    defaultTagExpirationMs: 14 * 86_400_000,
    ignored: [],
    unknown: [],
  })
  expect(config.tls?.certificateFile).toBe(join(configDir, 'ssl.cert'))
  expect(config.secretKey.reveal()).toMatch(/^[\w-]{43}$/)
  expect(config.databaseSecretKey.reveal()).not.toBe(config.secretKey.reveal())
})

test('nobody else may read what is secret', async () => {
  await prepare()
  const modes = Object.fromEntries(
    await Promise.all(
      writeOrder.map(async (name) => [name, await modeOf(join(configDir, name))] as const),
    ),
  )
  expect(modes).toEqual({
    'ca.key': '600',
    'ca.crt': '644',
    'ssl.key': '600',
    'ssl.cert': '644',
    'config.yaml': '600',
  })
  expect(await modeOf(dataDir)).toBe('700')
  expect(await modeOf(configDir)).toBe('700')
})

test('the certificate carries every name of the machine', async () => {
  await prepare()
  expect(describeCertificate(await read('ssl.cert'))).toMatchObject({
    subject: 'CN=buildbox',
    issuer: 'CN=Mooring CA buildbox',
    names: ['buildbox', 'localhost', '127.0.0.1', '::1', '192.0.2.7'],
    notAfter: now + 397 * 86_400_000,
  })
})

test('a second run touches nothing', async () => {
  await prepare()
  const before = await Promise.all(writeOrder.map(read))
  expect(await prepare({ flags: { hostname: 'other.example.com' } })).toEqual({ created: false })
  expect(await Promise.all(writeOrder.map(read))).toEqual(before)
})

describe('the name of the server', () => {
  test.each([
    ['a flag', { flags: { hostname: 'registry.example.com' } }, 'registry.example.com:8443'],
    [
      'a flag with its port',
      { flags: { hostname: 'registry.example.com:5000' } },
      'registry.example.com:5000',
    ],
    ['an address', { flags: { hostname: '[::1]' } }, '[::1]:8443'],
    [
      'port 443',
      { flags: { hostname: 'registry.example.com', port: '443' } },
      'registry.example.com',
    ],
    ['another port', { flags: { port: 9443 } }, 'buildbox:9443'],
    ['a port in the environment', { env: { MOORING_HTTPS_PORT: '9443' } }, 'buildbox:9443'],
    ['a port that the system picks', { flags: { port: 0 } }, 'buildbox'],
    [
      'a name that leads elsewhere',
      { network: { ...network, resolve: () => Promise.resolve(['198.51.100.1']) } },
      'localhost:8443',
    ],
    [
      'a name that nobody knows',
      { network: { ...network, resolve: () => Promise.resolve([]) } },
      'localhost:8443',
    ],
    ['a name that is none', { network: { ...network, hostname: "Anna's PC" } }, 'localhost:8443'],
  ])('with %s', async (_case, changed: Partial<FirstStartInput>, expected) => {
    await prepare(changed)
    expect((await load()).serverHostname).toBe(expected)
  })
})

test('a machine with IPv6 listens on both families', async () => {
  const addresses = [{ address: '::1', family: 'IPv6', internal: true }] as const
  await prepare({ network: { ...network, addresses } })
  expect((await load()).listen.family).toBe('dual-stack')
})

test('ports given by flag are kept for later starts, usual ones are not spelt out', async () => {
  await prepare({ flags: { port: '9443', httpPort: 8080, metricsPort: '0' } })
  expect((await load()).listen).toMatchObject({
    httpsPort: 9443,
    httpPort: 8080,
    metricsPort: 9091,
  })
  const text = await read('config.yaml')
  expect(text.match(/^MOORING_.*$/gm)).toEqual(['MOORING_HTTPS_PORT: 9443'])
})

test('wrong flags stop the start and leave nothing', async () => {
  const wrong = prepare({ flags: { port: 'https', httpPort: 99_999 } })
  await expect(wrong).rejects.toMatchObject({
    problems: [{ source: 'flag --port' }, { source: 'flag --http-port' }],
  })
  await expect(prepare({ flags: { hostname: 'https://registry' } })).rejects.toThrow(ConfigError)
  expect(await readdir(folder)).toEqual([])
})

test('data whose settings are lost is not given new keys', async () => {
  await mkdir(dataDir, { recursive: true })
  await writeFile(join(dataDir, 'mooring.db'), '')
  await expect(prepare()).rejects.toThrow(ConfigError)
  expect(await readdir(dataDir)).toEqual(['mooring.db'])
})

test("an administrator's own certificate stays", async () => {
  const authority = await createAuthority({ commonName: 'Site CA', now })
  const own = await issueServerCertificate({ authority, names: ['buildbox'], now })
  await mkdir(configDir, { recursive: true })
  await writeFile(join(configDir, 'ssl.cert'), own.certificatePem)
  await writeFile(join(configDir, 'ssl.key'), own.keyPem, { mode: 0o600 })
  await prepare()
  expect(await read('ssl.cert')).toBe(own.certificatePem)
  expect((await readdir(configDir)).sort()).toEqual(['config.yaml', 'ssl.cert', 'ssl.key'])
})

describe('a power cut', () => {
  test.each(writeOrder.map((name, index) => [name, index] as const))(
    'while %s is written is made good by the next start',
    async (name, index) => {
      await prepare()
      for (const later of writeOrder.slice(index)) await rm(join(configDir, later))
      await writeFile(join(configDir, `${name}.part`), 'half', { mode: 0o600 })
      const authority = index >= 2 ? await read('ca.crt') : undefined

      expect(await prepare()).toEqual({ created: true })
      await expectComplete()
      if (authority !== undefined) expect(await read('ca.crt')).toBe(authority)
    },
  )

  test.each(writeOrder)('right after %s appeared leaves none or all', async (last) => {
    await mkdir(configDir, { recursive: true })
    await killedWhenSeen(last)
    const files = await readdir(configDir)
    if (files.includes('config.yaml')) expect(await prepare()).toEqual({ created: false })
    else expect(await prepare()).toEqual({ created: true })
    await expectComplete()
  })
})

/** Runs a first start in a process of its own, which dies when it has written the named file. */
async function killedWhenSeen(name: string): Promise<void> {
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    import { prepareFirstStart } from ${module('./quick-start.ts')}
    import { systemNetwork } from ${module('./host-names.ts')}
    import { systemRandom } from ${module('../platform/random.ts')}
    const [dataDir, configDir] = process.argv.slice(1)
    await prepareFirstStart({ dataDir, configDir, random: systemRandom, flags: {}, env: {},
      clock: { now: () => ${now} }, network: systemNetwork() })`
  const stop = new AbortController()
  const changes = watch(configDir, { signal: stop.signal })
  const args = ['--input-type=module', '-e', program, dataDir, configDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit').finally(() => {
    stop.abort()
  })
  try {
    for await (const { filename } of changes) if (filename === name) child.kill('SIGKILL')
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  await exited
}
