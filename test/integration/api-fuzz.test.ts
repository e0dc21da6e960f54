import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { readContract } from '../support/contract.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import type { TestServer } from '../support/server.ts'
import { prepareWorld, type WorldServers } from '../support/world-server.ts'
import { play } from './api-fuzz/play.ts'
import { createSender, type Sender } from './api-fuzz/send.ts'

/** To see a run again: the same seed. To look longer: more seconds. */
const seed = process.env['MOORING_FUZZ_SEED'] ?? '20261122'
const seconds = Number(process.env['MOORING_FUZZ_SECONDS'] ?? 10)
/** The first round goes over every endpoint, however long that takes. */
const timeoutMs = (seconds + 240) * 1_000

const address = inject('postgresUrl')
const databases = [
  { database: 'SQLite', prepare: () => Promise.resolve(undefined) },
  ...(address === ''
    ? []
    : [{ database: 'PostgreSQL', prepare: () => createPostgresDatabase(address) }]),
]

describe.each(databases)('the management API on $database', ({ prepare }) => {
  let database: PostgresDatabase | undefined
  let servers: WorldServers
  let server: TestServer
  let sender: Sender
  beforeAll(async () => {
    database = await prepare()
    servers = await prepareWorld(database?.config)
    server = await servers.open({ FEATURE_SUPERUSERS_FULL_ACCESS: true, FEATURE_MAILING: false })
    sender = createSender({ url: server.urls.https, ca: readFileSync(server.caFile) })
  })
  afterAll(async () => {
    sender.close()
    await server.stop()
    await servers[Symbol.asyncDispose]()
    await database?.drop()
  })

  it(
    'answers whatever it is asked, in a form that clients know',
    async () => {
      const { calls, rounds, statuses, faults } = await play(
        { server, world: servers.world, sender },
        await readContract(),
        { seed, playMs: seconds * 1_000 },
      )
      const counts = [...statuses]
        .sort(([a], [b]) => a - b)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ')
      process.stdout.write(
        `MOORING_FUZZ_SEED=${seed}: ${calls} calls in ${rounds} rounds (${counts})\n`,
      )
      expect(faults.join('\n\n')).toBe('')
      expect(statuses.get(200)).toBeGreaterThan(100)
      // The same process is still there, and well.
      expect((await server.api().request('GET', '/health')).status).toBe(200)
    },
    timeoutMs,
  )
})
