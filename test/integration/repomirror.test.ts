import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { spawnServer, type ChildServer } from '../support/child-server.ts'
import { createOpaqueImage } from '../support/content.ts'
import { createFollowed } from '../support/followed-repository.ts'
import { startObjectStore } from '../support/object-store.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { watchUpstream, type WatchedUpstream } from '../support/watched-upstream.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const names = Array.from({ length: 8 }, (_, at) => `m${String(at)}`)
/** How many mirrors one process runs at a time. */
const atOnce = 3

describe.skipIf(inject('postgresUrl') === '')('two processes that mirror for one registry', () => {
  const folder = createTemporaryFolder('repomirror')
  const stack = new AsyncDisposableStack()
  let database: PostgresDatabase
  let peer: PeerRegistry
  let upstream: WatchedUpstream
  let registry: TestServer
  let settings: Readonly<Record<string, unknown>>

  beforeAll(async () => {
    stack.use(folder)
    database = await createPostgresDatabase(inject('postgresUrl'))
    stack.defer(() => database.drop())
    const store = stack.use(await startObjectStore())
    peer = stack.use(await startPeerRegistry({ plain: true }))
    upstream = stack.use(await watchUpstream(peer.url))
    const parameters = {
      ...{ endpoint_url: store.endpoint, s3_bucket: store.bucket, storage_path: 'quay' },
      ...{ s3_access_key: store.accessKey, s3_secret_key: store.secretKey },
    }
    settings = {
      ...database.config,
      SUPER_USERS: ['quay'],
      FEATURE_REPO_MIRROR: true,
      SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      DISTRIBUTED_STORAGE_CONFIG: { s3: ['S3Storage', parameters] },
      DISTRIBUTED_STORAGE_PREFERENCE: ['s3'],
    }
    // It looks for what is due when it starts, and not again in the time of this test.
    const env = {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({ ...settings, REPO_MIRROR_INTERVAL: 3600 }),
    }
    registry = stack.use(await startTestServer({ env }))
    const api = await registry.signedIn()
    await api.post('/api/v1/organization/', { name: 'acme', email: 'a@example.com' }, 201)
    await api.put('/api/v1/organization/acme/robots/mirror', {}, 201)
    const client = peer.client()
    const account = { username: peer.username, password: peer.password }
    for (const repository of names) {
      await client.pushImage(`library/${repository}`, 'v1', createOpaqueImage(repository, [1_000]))
      const followed = { organization: 'acme', name: repository, robot: 'mirror' }
      await createFollowed(
        api,
        { ...followed, peer: { ...account, host: upstream.host } },
        { external_registry_config: { verify_tls: false } },
      )
    }
    client.close()
  })
  afterAll(() => stack[Symbol.asyncDispose]())

  function startWorkers(name: string): ChildServer {
    const directories = ['--data', folder.join(name), '--config', join(registry.dataDir, 'config')]
    const own = { ...settings, REPO_MIRROR_INTERVAL: 1 }
    return spawnServer(process.execPath, [mooring, 'repomirror-nomigrate', ...directories], {
      env: {
        ...process.env,
        MOORING_METRICS_PORT: '0',
        QUAY_OVERRIDE_CONFIG: JSON.stringify(own),
      },
      cwd: folder.path,
    })
  }
  /** The repositories that a process says it has begun with. */
  const begunBy = (workers: ChildServer) =>
    workers
      .output()
      .split('\n')
      .filter((line) => line.includes('"mirror started"'))
      .map((line) => (JSON.parse(line) as { repository: string }).repository)

  it('never take the same repository, and between them take all', async () => {
    const mayGoOn = Promise.withResolvers<undefined>()
    upstream.disturb(({ path }) =>
      path.endsWith('/tags/list')
        ? { kind: 'held', until: mayGoOn.promise, afterBytes: 0 }
        : undefined,
    )
    const workers = [startWorkers('one'), startWorkers('two')]
    try {
      await until(
        'both to have as many as they run at a time',
        () => {
          const ended = workers.find((one) => one.hasExited())
          if (ended !== undefined) throw new Error(`it ended at its start\n${ended.output()}`)
          return workers.every((one) => begunBy(one).length === atOnce) ? true : undefined
        },
        { timeoutMs: 60_000 },
      )
      mayGoOn.resolve(undefined)
      const connection = new pg.Client({ connectionString: database.url })
      await connection.connect()
      try {
        const runs = await until('all to have been mirrored', async () => {
          const { rows } = await connection.query<{ name: string; result: string }>(
            `select repository.full_name as name, result from mirrorrun
             join repomirrorconfig on repomirrorconfig.id = mirror_id
             join repository on repository.id = repository_id order by 1`,
          )
          const ended = rows.filter(({ result }) => result !== 'running')
          return ended.length >= names.length ? ended : undefined
        })
        expect(runs).toEqual(names.map((name) => ({ name: `acme/${name}`, result: 'success' })))
      } finally {
        await connection.end()
      }
    } finally {
      mayGoOn.resolve(undefined)
      await Promise.all(workers.map((one) => one.stop()))
    }
    expect(workers.map((one) => one.exitCode())).toEqual([0, 0])
    expect(workers.flatMap(begunBy).sort()).toEqual(names.map((name) => `acme/${name}`))
    for (const name of names) {
      const pulled = await registry.client().getManifest(`acme/${name}`, 'v1')
      expect(pulled.header('docker-content-digest')).toBe(
        createOpaqueImage(name, [1_000]).manifest.digest,
      )
    }
  })
})
