import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { runProgram } from '../support/cli.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { createRegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import {
  createSetupClient,
  saveAll,
  startSetup,
  testAnswers,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const folder = createTemporaryFolder('setup-places', { onDisk: true })
afterAll(() => folder.remove())

describe('a restore from a bucket', () => {
  const dataDir = folder.join('restored')
  let bucket: ObjectStore
  let source: TestServer
  let stock: Stock
  let setup: SetupServer
  let client: SetupClient
  let at: string

  beforeAll(async () => {
    bucket = await startObjectStore()
    source = await startTestServer()
    stock = await stockRegistry(source.client(), 'quay/stock')
    await runProgram(
      process.execPath,
      [
        join(projectRoot, 'server/bin/mooring.js'),
        'backup',
        'create',
        `s3://${bucket.bucket}/site`,
      ],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          ...bucket.env,
          MOORING_DATA_DIR: source.dataDir,
        },
        cwd: folder.path,
      },
    )
    const [https = 0, http = 0, metrics = 0] = await findFreePorts(3)
    at = `https://127.0.0.1:${String(https)}`
    const ports = {
      MOORING_HTTPS_PORT: String(https),
      MOORING_HTTP_PORT: String(http),
      MOORING_METRICS_PORT: String(metrics),
    }
    setup = await startSetup(dataDir, { env: ports })
    client = createSetupClient(setup.url)
    await client.enter(setup.code)
  })
  afterAll(async () => {
    client.close()
    await setup.child.stop()
    await source.stop()
    await bucket[Symbol.asyncDispose]()
  })

  const begin = (secretAccessKey: string) =>
    client.api('POST', '/restore', {
      target: `s3://${bucket.bucket}/site?endpoint=${encodeURIComponent(bucket.endpoint)}`,
      credentials: { accessKeyId: bucket.accessKey, secretAccessKey },
    })
  const phase = async () =>
    (await client.api('GET', '/restore')).json() as {
      phase: string
      finding: { code: string; text: string } | null
    }

  it('says that the keys are wrong', async () => {
    expect((await begin('not the secret')).status).toBe(202)
    const { finding } = await until('the restore to fail', async () => {
      const now = await phase()
      return now.phase === 'failed' ? now : undefined
    })
    expect(finding).toMatchObject({
      code: 'MOOR-SET-026',
      text: expect.stringContaining('SignatureDoesNotMatch') as string,
    })
  })

  it('can be called off, and leaves nothing behind', async () => {
    let reached: () => void = () => undefined
    const blobAsked = new Promise<void>((resolve) => (reached = resolve))
    bucket.intercept = async ({ key }) => {
      if (!key.includes('/blobs/')) return undefined
      reached()
      // Until it is called off, which ends the request.
      await new Promise(() => undefined)
      return undefined
    }
    expect((await begin(bucket.secretKey)).status).toBe(202)
    await blobAsked
    const answer = await client.api('POST', '/restore/cancel', {})
    bucket.intercept = undefined
    expect([answer.status, answer.json()['phase']]).toEqual([200, 'failed'])
    expect(existsSync(join(dataDir, 'config/config.yaml'))).toBe(false)
    expect(existsSync(join(dataDir, 'mooring.db'))).toBe(false)
  })

  it('ends as the registry of the backup', async () => {
    expect((await begin(bucket.secretKey)).status).toBe(202)
    const { username, password } = source
    const registry = await until('the registry to serve', async () => {
      if (!existsSync(join(dataDir, 'config/ca.crt'))) return undefined
      const ca = readFileSync(join(dataDir, 'config/ca.crt'))
      const one = createRegistryClient({ baseUrl: at, ca, username, password })
      const answer = await one.request('GET', '/v2/_catalog').catch(() => undefined)
      if (answer?.status === 200) return one
      one.close()
      return undefined
    })
    await requireStock(registry, stock)
    registry.close()
  })
})

describe.skipIf(inject('postgresUrl') === '')('a setup with PostgreSQL', () => {
  const dataDir = folder.join('with-postgresql')
  let database: PostgresDatabase
  let setup: SetupServer
  let client: SetupClient
  let squatter: Server

  beforeAll(async () => {
    database = await createPostgresDatabase(inject('postgresUrl'))
    setup = await startSetup(dataDir)
    client = createSetupClient(setup.url)
    await client.enter(setup.code)
    squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    squatter.close()
    client.close()
    await setup.child.stop()
    await database.drop()
  })

  async function tables(): Promise<readonly string[]> {
    const connection = new pg.Client({ connectionString: database.url })
    await connection.connect()
    const { rows } = await connection
      .query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'public' order by tablename`,
      )
      .finally(() => connection.end())
    return rows.map(({ name }) => name)
  }

  it('that starts over takes its tables along and leaves those of others', async () => {
    const url = new URL(database.url)
    const connection = new pg.Client({ connectionString: database.url })
    await connection.connect()
    await connection.query('create table cargo (id integer)').finally(() => connection.end())
    const answers = await testAnswers(dataDir)
    const taken = squatter.address()
    await saveAll(client, {
      ...answers,
      network: {
        ...answers.network,
        httpsPort: typeof taken === 'object' && taken !== null ? taken.port : 0,
      },
      storage: {
        ...answers.storage,
        database: {
          ...{ kind: 'postgresql', host: url.hostname, port: Number(url.port || 5432) },
          ...{ database: url.pathname.slice(1), user: decodeURIComponent(url.username) },
          ...{ password: decodeURIComponent(url.password), tls: 'disable', ca: null },
        },
      },
    })
    await client.api('POST', '/apply', {})
    await until('a port that is taken', async () => {
      const answer = await client.api('GET', '/apply').catch(() => undefined)
      return answer?.json()['phase'] === 'failed' ? true : undefined
    })
    expect((await tables()).length).toBeGreaterThan(10)
    const answer = await client.api('POST', '/start-over', { confirm: 'start over' })
    expect(answer.status).toBe(200)
    expect(await tables()).toEqual(['cargo'])
  })
})
