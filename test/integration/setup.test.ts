import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import { spawnServer } from '../support/child-server.ts'
import { createRegistryClient } from '../support/registry-client.ts'
import {
  createSetupClient,
  keepKit,
  readState,
  saveAll,
  startSetup,
  testAnswers,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const folder = createTemporaryFolder('setup', { onDisk: true })
const dataDir = folder.join('data')
let setup: SetupServer
let client: SetupClient
let answers: Awaited<ReturnType<typeof testAnswers>> & { network: { httpFor?: string } }
let kit: { codes: string[]; authority: unknown }

beforeAll(async () => {
  setup = await startSetup(dataDir)
  client = createSetupClient(setup.url)
  const usual = await testAnswers(dataDir)
  const network = { ...usual.network, addresses: ['127.0.0.1', '127.0.0.2'] }
  answers = { ...usual, network: { ...network, httpFor: 'this-host' } }
})

afterAll(async () => {
  client.close()
  await setup.child.stop()
  await folder.remove()
})

describe('before anybody is in', () => {
  test('shows its page with the temporary certificate whose fingerprint was printed', async () => {
    const browser = { accept: 'text/html' }
    const page = await client.call('GET', '/setup/identity', undefined, browser)
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    const served = await peerFingerprint(setup.url)
    expect(served).toBe(setup.fingerprint)
  })

  test('tells registry clients in their own words that this is no registry yet', async () => {
    const answer = await client.call('GET', '/v2/')
    expect(answer.status).toBe(503)
    expect(answer.json()).toMatchObject({
      errors: [{ code: 'UNAVAILABLE', detail: { code: 'MOOR-SET-018', setup: 'open' } }],
    })
    expect((await client.call('GET', '/healthz')).status).toBe(200)
    expect((await client.call('GET', '/ca.crt')).status).toBe(404)
  })

  test('gives nothing away without the code', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/apply'],
      ['GET', '/answers'],
      ['PUT', '/steps/admin'],
      ['POST', '/apply'],
      ['POST', '/start-over'],
      ['GET', '/no-such-thing'],
    ] as const) {
      const answer = await client.api(method, path, method === 'GET' ? undefined : {})
      expect([path, answer.status, answer.json()['code']]).toEqual([path, 401, 'MOOR-SET-005'])
    }
  })

  test('refuses what a page of another site can send', async () => {
    const session = '/api/v1/mooring/setup/session'
    const body = { code: setup.code }
    for (const headers of [
      { 'content-type': 'text/plain' },
      { origin: 'https://elsewhere.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await client.call('POST', session, body, headers)
      expect(answer.json()['code']).toBe('MOOR-SET-006')
    }
  })

  test('keeps the code where its owner alone reads it', () => {
    const file = join(dataDir, 'setup-code')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain(setup.code)
  })
})

describe('with the code', () => {
  test('takes it in any spelling, and hands a cookie over that pages cannot read', async () => {
    const typed = setup.code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')
    const answer = await client.enter(typed)
    expect(answer.status).toBe(200)
    const cookie = String(answer.headers['set-cookie'])
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Secure']) expect(cookie).toContain(part)
  })

  test('asks before a second browser takes over, and ends the first', async () => {
    const second = createSetupClient(setup.url)
    expect((await second.enter(setup.code)).json()['code']).toBe('MOOR-SET-004')
    expect((await second.enter(setup.code, true)).status).toBe(200)
    expect((await client.api('GET', '')).status).toBe(401)
    expect((await client.enter(setup.code, true)).status).toBe(200)
    second.close()
  })

  test('names each field that is wrong, and saves nothing of the step', async () => {
    const wrong = { ...answers.identity, primaryName: 'https://registry', moreNames: ['a b'] }
    const answer = await client.save('identity', wrong)
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      code: 'MOOR-SET-007',
      fields: [{ field: 'primaryName' }, { field: 'moreNames.0' }],
    })
    expect(stepOf(await client.api('GET', ''), 'identity')).toMatchObject({ saved: false })
  })

  test('reads full-width characters as the plain ones that were meant', async () => {
    const typed = {
      ...answers.identity,
      primaryName: 'ｌｏｃａｌｈｏｓｔ',
      externalPort: '８４４３',
    }
    const state = await client.save('identity', typed)
    expect(stepOf(state, 'identity')).toMatchObject({
      state: 'done',
      values: { primaryName: 'localhost', externalPort: 8443 },
    })
  })

  test('takes no password that everybody tries, and proposes one that nobody does', async () => {
    const common = await client.save('admin', { ...answers.admin, password: 'sunshine123456' })
    expect(common.json()).toMatchObject({ code: 'MOOR-SET-007', fields: [{ field: 'password' }] })
    const { passphrase } = (await client.api('POST', '/passphrase', {})).json()
    expect(String(passphrase).split('-').length).toBeGreaterThanOrEqual(5)
  })

  test('refuses to apply while a step is missing', async () => {
    const answer = await client.api('POST', '/apply', {})
    expect(answer.status).toBe(409)
    expect(answer.json()).toMatchObject({ code: 'MOOR-SET-011', facts: { step: 'network' } })
  })

  test('shows a secret as stored, keeps it out of the state, and takes it back as it is', async () => {
    const scanning = {
      ...{ kind: 'clair', url: 'http://clair.test:6060', ca: null, data: 'bundles' },
      psk: 'c2VjcmV0LW9mLWNsYWly',
    }
    const saved = stepOf(await client.save('scanning', scanning), 'scanning')
    expect(saved['values']).toMatchObject({ psk: { stored: expect.any(String) as unknown } })
    const again = await client.save('scanning', saved['values'])
    expect(stepOf(again, 'scanning')['values']).toEqual(saved['values'])
    expect(JSON.stringify(readState(dataDir))).not.toContain(scanning.psk)
    const file = join(dataDir, 'setup-secrets')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(scanning.psk)
    const foreign = { ...scanning, psk: { stored: 'somebody-elses' } }
    expect((await client.save('scanning', foreign)).json()).toMatchObject({
      fields: [{ field: 'psk' }],
    })
    expect((await client.api('POST', '/steps/scanning/skip', {})).status).toBe(200)
  })

  test('skips only what a registry can do without', async () => {
    const answer = await client.api('POST', '/steps/admin/skip', {})
    expect(answer.json()['code']).toBe('MOOR-SET-019')
  })

  test('keeps everything over a restart, and asks for the code again', async () => {
    await saveAll(client, answers)
    const before = (await client.api('GET', '')).json()
    client.close()
    await setup.child.kill9()
    const code = setup.code
    setup = await startSetup(dataDir)
    expect(setup.code).toBe(code)
    client = createSetupClient(setup.url)
    expect((await client.api('GET', '')).status).toBe(401)
    await client.enter(setup.code)
    expect((await client.api('GET', '')).json()).toEqual(before)
  })

  test('refuses a second setup on the same data directory', async () => {
    await expect(startSetup(dataDir)).rejects.toThrow(/in use by another server/)
  })

  test('answers come back from a file, with their secrets only for the passphrase', async () => {
    const passphrase = 'a long passphrase'
    const plain = (await client.api('GET', '/answers')).text
    expect(plain).toContain('primaryName: localhost')
    expect(plain).toContain('password: null')
    const sealed = (await client.api('POST', '/answers/export', { passphrase })).text
    const wrong = await client.api('POST', '/answers', { text: sealed, passphrase: 'another one' })
    expect(wrong.json()['code']).toBe('MOOR-SET-017')
    const right = await client.api('POST', '/answers', { text: sealed, passphrase })
    expect(right.json()['errors']).toEqual([])
    // Values of a file are tested before they count as done.
    const { state } = right.json() as { state: { steps: { id: string; state: string }[] } }
    expect(state.steps.find(({ id }) => id === 'admin')?.state).toBe('attention')
    const broken = 'version: 1\nnetwork: { httpsPort: 99999 }\n'
    const answer = await client.api('POST', '/answers', { text: broken, passphrase: null })
    expect(answer.json()['errors']).toMatchObject([{ field: 'network.httpsPort' }])
  })
})

describe('the recovery kit', () => {
  const kitState = async () => (await client.api('GET', '')).json()['recoveryKit']

  test('is shown once, and nothing is applied before somebody has put it away', async () => {
    for (const [step, values] of Object.entries(answers)) await client.save(step, values)
    await client.save('admin', { ...answers.admin, username: 'mate' })
    expect(await kitState()).toBe('missing')
    expect((await client.api('POST', '/recovery-kit/stored', {})).status).toBe(409)
    kit = (await client.api('POST', '/recovery-kit', {})).json() as typeof kit
    expect(kit).toMatchObject({ username: 'mate', registry: 'localhost' })
    expect(new Set(kit.codes).size).toBe(10)
    expect(await kitState()).toBe('made')
    const refused = await client.api('POST', '/apply', {})
    expect([refused.status, refused.json()['code']]).toEqual([409, 'MOOR-SET-040'])
    expect((await client.api('POST', '/recovery-kit/stored', {})).status).toBe(200)
    expect(await kitState()).toBe('stored')
    const written = readFileSync(join(dataDir, 'setup-state.json'), 'utf8')
    expect(kit.codes.filter((code) => written.includes(code))).toEqual([])
  })

  test('is another one once it names somebody else', async () => {
    const { codes, authority } = kit
    await client.save('storage', answers.storage)
    await client.save('admin', { ...answers.admin, username: 'mate', sessionDays: 30 })
    expect(await kitState()).toBe('stored')
    await client.save('admin', answers.admin)
    expect(await kitState()).toBe('missing')
    kit = (await keepKit(client)) as typeof kit
    expect(kit.codes).not.toEqual(codes)
    expect(kit.authority).toEqual(authority)
  })
})

describe('applying', () => {
  test('goes on in the same process as the registry that was described', async () => {
    const begun = await client.api('POST', '/apply', {})
    expect(begun.status).toBe(202)
    const at = `https://127.0.0.1:${String(answers.network.httpsPort)}`
    const view = await until('the setup to finish', async () => {
      for (const url of [at, setup.url]) {
        const answer = await client.api('GET', '/apply', undefined, url).catch(() => undefined)
        if (answer?.status !== 200) continue
        const now = answer.json()
        if (now['phase'] === 'failed') throw new Error(answer.text)
        if (now['phase'] === 'finished') return now
      }
      return undefined
    })
    const ca = readFileSync(join(dataDir, 'config/ca.crt'))
    expect(view).toMatchObject({
      address: `https://localhost:${String(answers.network.httpsPort)}`,
      authority: { sha256Fingerprint: new X509Certificate(ca).fingerprint256 },
    })
    expect(kit.authority).toEqual(view['authority'])
    const tasks = view['tasks'] as { id: string; state: string }[]
    expect(tasks.map(({ state }) => state)).toEqual(tasks.map(() => 'done'))

    const registry = createRegistryClient({
      ...{ baseUrl: at, ca, username: 'captain', password: answers.admin.password },
    })
    const catalog = await registry.request('GET', '/v2/_catalog')
    expect(catalog.status).toBe(200)
    registry.close()
    const redirect = await client.call('GET', '/setup', undefined, {}, at)
    expect([redirect.status, redirect.headers['location']]).toEqual([302, '/'])
  })

  test('an administrator who forgot the password is let in by a code of the kit', async () => {
    const baseUrl = `https://127.0.0.1:${String(answers.network.httpsPort)}`
    const ca = readFileSync(join(dataDir, 'config/ca.crt'))
    const api = createApiClient({ baseUrl, ca })
    await api.fetchCsrfToken()
    const newPassword = 'another-harbour-lantern'
    const body = { username: 'captain', code: kit.codes[9], newPassword }
    const answer = await api.request('POST', '/api/v1/mooring/recovery', body)
    expect(answer.json()).toEqual({ success: true })
    expect((await api.request('GET', '/api/v1/user/')).json()).toMatchObject({
      username: 'captain',
    })
    api.close()
  })

  test('listens on each address that was chosen, and for this host alone where that was said', async () => {
    const { httpsPort, httpPort, metricsPort } = answers.network
    const statusAt = async (url: string) => (await fetch(url, { redirect: 'manual' })).status
    const second = `https://127.0.0.2:${String(httpsPort)}`
    expect((await client.call('GET', '/health/instance', undefined, {}, second)).status).toBe(200)
    expect(await statusAt(`http://127.0.0.1:${String(metricsPort)}/metrics`)).toBe(200)
    expect(await statusAt(`http://127.0.0.1:${String(httpPort)}/ca.crt`)).toBe(200)
    for (const port of [metricsPort, httpPort]) {
      await expect(statusAt(`http://127.0.0.2:${String(port)}/`)).rejects.toThrow('fetch failed')
    }
  })

  test('is over in every later process, too', async () => {
    await setup.child.stop()
    const program = join(projectRoot, 'server/bin/mooring.js')
    const later = spawnServer(process.execPath, [program, 'serve', '--setup', '--data', dataDir], {
      env: process.env,
    })
    const at = `https://127.0.0.1:${String(answers.network.httpsPort)}`
    const redirect = await until('the registry to answer', () =>
      client.call('GET', '/setup', undefined, {}, at).catch(() => undefined),
    )
    expect([redirect.status, redirect.headers['location']]).toEqual([302, '/'])
    await later.stop()
  })

  test('leaves neither the code nor a secret behind', () => {
    for (const name of ['setup-code', 'setup-secrets', 'setup-key']) {
      expect(() => statSync(join(dataDir, name))).toThrow(/ENOENT/)
    }
    expect(readState(dataDir)).toMatchObject({ phase: 'finished', steps: {} })
    const config = join(dataDir, 'config/config.yaml')
    expect(statSync(config).mode & 0o777).toBe(0o600)
    expect(readFileSync(config, 'utf8')).toContain('REGISTRY_TITLE: Test site')
  })
})

function stepOf(answer: { json(): Record<string, unknown>; text: string }, id: string) {
  const { steps } = answer.json() as { steps?: ({ id: string } & Record<string, unknown>)[] }
  const step = steps?.find((one) => one.id === id)
  if (step === undefined) throw new Error(answer.text)
  return step
}

async function peerFingerprint(url: string): Promise<string> {
  const { connect } = await import('node:tls')
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256)
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}
