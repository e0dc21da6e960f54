import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import {
  certificatesIn,
  createAuthority,
  describeCertificate,
  isKeyEncrypted,
  issueFromRequest,
  issueServerCertificate,
  readKey,
  readSigningRequest,
} from '@mooring/certs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { createRegistryClient } from '../support/registry-client.ts'
import {
  applied,
  createSetupClient,
  keepKit,
  saveAll,
  startSetup,
  testAnswers,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const now = Date.now()
const folder = createTemporaryFolder('setup-certificates', { onDisk: true })
const passphrase = 'anchor chain windlass'

interface Site {
  readonly dataDir: string
  readonly setup: SetupServer
  readonly client: SetupClient
  readonly answers: Awaited<ReturnType<typeof testAnswers>>
  readonly at: string
}
const sites: Site[] = []

async function openSite(name: string): Promise<Site> {
  const dataDir = folder.join(name)
  const setup = await startSetup(dataDir)
  const client = createSetupClient(setup.url)
  await client.enter(setup.code)
  const answers = await testAnswers(dataDir)
  const at = `https://127.0.0.1:${String(answers.network.httpsPort)}`
  const site = { dataDir, setup, client, answers, at }
  sites.push(site)
  return site
}

afterAll(async () => {
  for (const { client, setup } of sites) {
    client.close()
    await setup.child.stop()
  }
  await folder.remove()
})

describe('an authority whose key is taken away', () => {
  let site: Site
  let keyFile: string

  beforeAll(async () => {
    site = await openSite('offline')
    keyFile = join(site.dataDir, 'config/ca.key')
    const authorityKey = { kind: 'offline', passphrase }
    const certificates = { ...site.answers.certificates, authorityKey }
    await saveAll(site.client, { ...site.answers, certificates })
  })

  test('gives no key out before there is one', async () => {
    const answer = await site.client.api('GET', '/authority-key')
    expect([answer.status, answer.json()['code']]).toEqual([409, 'MOOR-SET-025'])
  })

  test('never writes the key as it is, and the registry works', async () => {
    await applied(site.client, [site.at, site.setup.url])
    expect(isKeyEncrypted(readFileSync(keyFile, 'utf8'))).toBe(true)
    const registry = createRegistryClient({
      baseUrl: site.at,
      ca: readFileSync(join(site.dataDir, 'config/ca.crt')),
      username: 'captain',
      password: site.answers.admin.password,
    })
    expect((await registry.request('GET', '/v2/_catalog')).status).toBe(200)
    registry.close()
  })

  test('keeps it until somebody shows that it is elsewhere and can be opened', async () => {
    const { client, at } = site
    const download = await client.api('GET', '/authority-key', undefined, at)
    expect(download.headers['content-disposition']).toContain('mooring-ca.key')
    const key = download.text
    await expect(readKey(key, passphrase)).resolves.toContain('PRIVATE KEY')
    const take = (change: object) => {
      const body = { confirm: 'Test Root CA', key, passphrase, ...change }
      return client.api('POST', '/authority-key/taken', body, at)
    }
    expect((await take({ passphrase: 'a wrong passphrase' })).json()['code']).toMatch(/^MOOR-TLS-/)
    expect((await take({ confirm: 'Another CA' })).json()['code']).toMatch(/^MOOR-TLS-/)
    expect(existsSync(keyFile)).toBe(true)
    expect((await take({})).status).toBe(200)
    expect(existsSync(keyFile)).toBe(false)
    expect((await client.api('GET', '/authority-key', undefined, at)).status).toBe(409)
  })
})

describe('a certificate that is signed elsewhere', () => {
  let site: Site

  beforeAll(async () => {
    site = await openSite('request')
  })

  const certificates = {
    ...{ kind: 'request', organization: 'Tests', country: 'JP', keyType: 'ecdsa-p256' },
  }

  test('asks for nothing while the step says something else', async () => {
    await saveAll(site.client, site.answers)
    const answer = await site.client.api('POST', '/signing-request', {})
    expect([answer.status, answer.json()['code']]).toEqual([409, 'MOOR-SET-024'])
  })

  test('refuses a finished certificate that lacks a name of the registry', async () => {
    const authority = await createAuthority({ commonName: 'Company', years: 1, now })
    const names = ['localhost', '127.0.0.1']
    const pair = await issueServerCertificate({ authority, names, now })
    const server = {
      ...{ format: 'pem', certificate: pair.certificatePem, key: pair.keyPem, passphrase: null },
    }
    const answer = await site.client.save('certificates', { kind: 'finished', server }, false)
    expect(answer.json()['code']).toBe('MOOR-SET-008')
    expect(answer.text).toContain('registry.test')
  })

  test('shows one request for the names of the registry until something else is wanted', async () => {
    const { client } = site
    expect((await client.save('certificates', certificates, false)).status).toBe(200)
    const first = (await client.api('POST', '/signing-request', {})).json()
    expect(first['names']).toEqual(['localhost', 'registry.test', '127.0.0.1'])
    const again = await client.api('POST', '/signing-request', {})
    expect(again.json()).toEqual(first)
    const file = await client.api('GET', '/signing-request')
    expect(file.text).toBe(first['requestPem'])
    await expect(readSigningRequest(file.text)).resolves.toMatchObject({ names: first['names'] })
    await client.save('identity', { ...site.answers.identity, moreNames: ['other.test'] })
    const other = (await client.api('POST', '/signing-request', {})).json()
    expect(other['requestPem']).not.toBe(first['requestPem'])
    await client.save('identity', site.answers.identity)
  })

  test('serves a temporary one, and takes the signed one at the door of the registry', async () => {
    const { client, at, dataDir, setup, answers } = site
    const request = (await client.api('POST', '/signing-request', {})).json()
    expect(await keepKit(client)).toMatchObject({ authority: null })
    await applied(client, [at, setup.url])
    const served = readFileSync(join(dataDir, 'config/ssl.cert'), 'utf8')
    expect(existsSync(join(dataDir, 'config/ca.key'))).toBe(false)
    expect(describeCertificate(served).names).toContain('registry.test')

    const company = await createAuthority({ commonName: 'Company', years: 1, now })
    const signed = await issueFromRequest({
      ...{ request: String(request['requestPem']), authority: company, now },
    })
    const ca = Buffer.from(certificatesIn(served).at(-1) ?? '')
    const registry = createRegistryClient({
      ...{ baseUrl: at, ca, username: 'captain', password: answers.admin.password },
    })
    expect((await registry.request('GET', '/v2/_catalog')).status).toBe(200)
    registry.close()

    const file = folder.join('signed.pem')
    writeFileSync(file, signed)
    const program = join(projectRoot, 'server/bin/mooring.js')
    const { code, stderr } = await tryProgram(
      process.execPath,
      [program, 'cert', 'csr', 'complete', file, '--data', dataDir],
      { env: {} },
    )
    expect([code, stderr]).toEqual([0, ''])
    const issuer = await until('the signed certificate to be served', async () => {
      const name = await issuerServedAt(at)
      return name === 'Company' ? name : undefined
    })
    expect(issuer).toBe('Company')
  })
})

function issuerServedAt(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), rejectUnauthorized: false },
      () => {
        resolve(String(socket.getPeerCertificate().issuer.CN))
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}
