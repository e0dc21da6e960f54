import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { operationOf, operationsOf, type Operation } from '../support/api-description.ts'
import { readContract, routeOf } from '../support/contract.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startIssuer, type Issuer } from '../support/open-id-issuer.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import type { TestServer } from '../support/server.ts'
import type { SwaggerDocument } from '../support/swagger.ts'
import { prepareWorld, type WorldServers } from '../support/world-server.ts'
import { neverServed } from './api-fuzz/never-served.ts'
import { play } from './api-fuzz/play.ts'
import { createSender, type Sender } from './api-fuzz/send.ts'
import { createStage } from './api-fuzz/stage.ts'

/** To see a run again: the same seed. To look longer: more seconds. */
const seed = process.env['MOORING_FUZZ_SEED'] ?? '20261122'
const seconds = Number(process.env['MOORING_FUZZ_SECONDS'] ?? 10)
/** The first round goes over every call, however long that takes. */
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
  let mail: MailServer
  let issuer: Issuer
  let servers: WorldServers
  let server: TestServer
  let sender: Sender
  let operations: readonly Operation[]
  beforeAll(async () => {
    database = await prepare()
    mail = await startMailServer()
    issuer = await startIssuer()
    servers = await prepareWorld(database?.config)
    server = await servers.open({
      ...{ FEATURE_SUPERUSERS_FULL_ACCESS: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] },
      ...{ MAIL_PORT: mail.port, MAIL_USE_TLS: false },
    })
    sender = createSender({ url: server.urls.https, ca: readFileSync(server.caFile) })
    operations = await readOperations(server)
  })
  afterAll(async () => {
    sender.close()
    await server.stop()
    await servers[Symbol.asyncDispose]()
    await mail[Symbol.asyncDispose]()
    await issuer.stop()
    await database?.drop()
  })

  it(
    'does what its description says, and answers whatever else it is asked in a form that clients know',
    async () => {
      const stage = await createStage({ server, world: servers.world, mail, issuer })
      const { calls, rounds, statuses, refused, faults } = await play(
        { stage, sender },
        operations,
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
      const surprises = [...refused].filter(([call]) => !neverServed.has(call))
      expect(surprises.flat().join('\n')).toBe('')
      expect([...neverServed.keys()].filter((call) => !refused.has(call))).toEqual([])
      // The same process is still there, and well.
      expect((await server.api().request('GET', '/health')).status).toBe(200)
    },
    timeoutMs,
  )
})

/** What the server describes, and then what is left out of a description: pages, health and keys. */
async function readOperations(server: TestServer): Promise<readonly Operation[]> {
  const document = (await server.api().get('/api/v1/discovery?internal=true')) as SwaggerDocument
  const contract = await readContract()
  const described = operationsOf(document)
  const missing = contract.filter(({ undocumented }) => !undocumented).map(routeOf)
  expect(described.map(routeOf).sort()).toEqual(missing.sort())
  const pages = contract.filter(({ undocumented }) => undocumented).map(operationOf)
  const inOrder = [...described, ...pages]
  return inOrder.sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
}
