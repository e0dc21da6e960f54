import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePorts } from '../support/free-ports.ts'
import { createRegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import {
  createSetupClient,
  readState,
  startSetup,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const folder = createTemporaryFolder('setup-restore', { onDisk: true })
const dataDir = folder.join('data')
const target = folder.join('backups')
const passphrase = 'anchor chain windlass'
let server: TestServer
let stock: Stock
let setup: SetupServer
let client: SetupClient
let at: string
let env: Record<string, string>

const view = async () => {
  for (const url of [at, setup.url]) {
    const answer = await client.api('GET', '/restore', undefined, url).catch(() => undefined)
    if (answer?.status === 200) {
      return answer.json() as { phase: string; finding: { code: string } | null }
    }
  }
  return undefined
}
const begin = (wish: object) => client.api('POST', '/restore', { target, ...wish })
const failed = () =>
  until('the restore to fail', async () => {
    const now = await view()
    return now?.phase === 'failed' ? now.finding?.code : undefined
  })

beforeAll(async () => {
  server = await startTestServer()
  stock = await stockRegistry(server.client(), 'quay/stock')
  const file = folder.join('passphrase')
  writeFileSync(file, `${passphrase}\n`)
  await server.mooring(['backup', 'create'], [target, '--passphrase-file', file])
  const [https = 0, http = 0, metrics = 0] = await findFreePorts(3)
  at = `https://127.0.0.1:${String(https)}`
  env = {
    MOORING_HTTPS_PORT: String(https),
    MOORING_HTTP_PORT: String(http),
    MOORING_METRICS_PORT: String(metrics),
  }
  setup = await startSetup(dataDir, { env })
  client = createSetupClient(setup.url)
  await client.enter(setup.code)
})

afterAll(async () => {
  client.close()
  await setup.child.stop()
  await server.stop()
  await folder.remove()
})

test('takes from a configuration of Quay what its steps ask for, and lists the rest', async () => {
  const text = 'SERVER_HOSTNAME: localhost\nSUPER_USERS: [boss]\nDB_URI: sqlite:///quay.db\n'
  const answer = await client.api('POST', '/import-quay', {
    file: Buffer.from(text).toString('base64'),
  })
  expect(answer.status).toBe(200)
  expect(answer.json()).toMatchObject({
    taken: ['SERVER_HOSTNAME', 'SUPER_USERS'],
    left: [{ key: 'DB_URI' }],
    known: { admin: { username: 'boss' } },
    errors: [{ field: 'admin.password' }],
  })
  const nonsense = await client.api('POST', '/import-quay', { file: 'W10K' })
  expect([nonsense.status, nonsense.json()['code']]).toEqual([400, 'MOOR-SET-029'])
})

test('says what is wrong with a target or a passphrase, and changes nothing', async () => {
  expect((await begin({ target: folder.join('nothing') })).status).toBe(202)
  expect(await failed()).toBe('MOOR-BAK-003')
  await begin({ passphrase: 'not the passphrase' })
  expect(await failed()).toBe('MOOR-BAK-006')
  await begin({})
  expect(await failed()).toBe('MOOR-BAK-005')
  expect(existsSync(join(dataDir, 'config/config.yaml'))).toBe(false)
})

test('goes on by itself after a power cut, and ends as the registry of the backup', async () => {
  expect((await begin({ passphrase })).status).toBe(202)
  await setup.child.kill9()
  client.close()
  setup = await startSetup(dataDir, { env })
  client = createSetupClient(setup.url)
  const { username, password } = server
  const account = { username, password }
  const registry = await until('the registry to serve', async () => {
    const ca = caOf(dataDir)
    if (ca === undefined) return undefined
    const one = createRegistryClient({ baseUrl: at, ca, ...account })
    const answer = await one.request('GET', '/v2/_catalog').catch(() => undefined)
    if (answer?.status === 200) return one
    one.close()
    return undefined
  })
  await requireStock(registry, stock)
  registry.close()
  expect(readState(dataDir)).toMatchObject({ phase: 'finished' })
  for (const name of ['setup-code', 'setup-secrets', 'setup-key', 'restore.json']) {
    expect(existsSync(join(dataDir, name))).toBe(false)
  }
})

function caOf(folderOf: string): Buffer | undefined {
  const file = join(folderOf, 'config/ca.crt')
  return existsSync(file) ? readFileSync(file) : undefined
}
