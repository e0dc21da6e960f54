import { mkdir } from 'node:fs/promises'
import { bundleClient } from '../support/bundle-client.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { postgresRecords, sqliteRecords, type Records } from './records.ts'

export type TransferWorld = Awaited<ReturnType<typeof startTransferWorld>>

export interface TransferWorldOptions {
  readonly largeBytes: number
  /** A PostgreSQL on which each registry has a database of its own; without one, SQLite. */
  readonly postgresUrl?: string | undefined
}

/** Two registries and a medium between them: content is made on one and has to reach the other. */
export async function startTransferWorld({ largeBytes, postgresUrl }: TransferWorldOptions) {
  const medium = createTemporaryFolder('transfer-crash')
  await mkdir(medium.join('carried'))
  const databases: readonly PostgresDatabase[] =
    postgresUrl === undefined ? [] : await createDatabases(postgresUrl)
  const settings = {
    SUPER_USERS: ['quay'],
    FEATURE_REPO_MIRROR: true,
    // Many points take longer than a login stays fresh.
    FRESH_LOGIN_TIMEOUT: '12h',
    MOORING_BUNDLE_PATHS: [medium.join('carried')],
    SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
  }
  const environments = [0, 1].map((at) => ({
    QUAY_OVERRIDE_CONFIG: JSON.stringify({ ...settings, ...databases[at]?.config }),
  }))
  const started = await Promise.allSettled(environments.map((env) => startTestServer({ env })))
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()))
    await Promise.all(databases.map((database) => database.drop()))
    await medium.remove()
  }
  const [source, target] = running
  if (source === undefined || target === undefined) {
    await stop()
    throw new Error('the two registries did not start', { cause: started })
  }

  const sourceApi = await source.signedIn()
  const targetApi = await target.signedIn()
  const out = bundleClient(sourceApi)
  const into = bundleClient(targetApi)
  const { own } = await out.trusted()
  const { recipient } = (await into.trusted()).own
  await into.trust('the source', own.public_key)
  await targetApi.put('/api/v1/user/robots/mirror', {}, 201)

  const numberOf = (server: Pick<TestServer, 'dataDir'>) =>
    server.dataDir === source.dataDir ? 0 : 1
  const clientOf = (server: TestServer) => server.client()
  const clients = { source: clientOf(source), target: clientOf(target) }
  return {
    source,
    target,
    targetApi,
    /** Who encrypts for it is read by the target alone. */
    recipient,
    out,
    into,
    clients,
    recordsOf: (server: Pick<TestServer, 'dataDir'>): Records => {
      const database = databases[numberOf(server)]
      return database === undefined ? sqliteRecords(server.dataDir) : postgresRecords(database.url)
    },
    /** For commands on the data of a server. */
    environmentOf: (server: Pick<TestServer, 'dataDir'>) => environments[numberOf(server)] ?? {},
    /** Where bundles lie. */
    carried: (name: string) => medium.join('carried', name),

    /** New content on the source, under a name of its own. */
    stock: (name: string): Promise<Stock> =>
      stockRegistry(clients.source, `${source.username}/${name}`, { largeBytes }),

    /** The target has all of it, and it can be pulled. */
    requireArrived: (stock: Stock) => requireStock(clients.target, stock),

    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const createDatabases = (address: string) =>
  Promise.all([createPostgresDatabase(address), createPostgresDatabase(address)])
