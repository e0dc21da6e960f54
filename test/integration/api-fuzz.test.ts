import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readContract } from '../support/contract.ts'
import type { TestServer } from '../support/server.ts'
import { prepareWorld, type WorldServers } from '../support/world-server.ts'
import { play } from './api-fuzz/play.ts'
import { createSender, type Sender } from './api-fuzz/send.ts'

const seed = process.env['MOORING_FUZZ_SEED'] ?? '20261122'
const seconds = Number(process.env['MOORING_FUZZ_SECONDS'] ?? 20)

let servers: WorldServers
let server: TestServer
let sender: Sender
beforeAll(async () => {
  servers = await prepareWorld()
  server = await servers.open({ FEATURE_SUPERUSERS_FULL_ACCESS: true, FEATURE_MAILING: false })
  sender = createSender({ url: server.urls.https, ca: readFileSync(server.caFile) })
})
afterAll(async () => {
  sender.close()
  await server.stop()
  await servers[Symbol.asyncDispose]()
})

it(
  'answers whatever it is asked, in a form that clients know',
  async () => {
    const { world } = servers
    const { calls, rounds, statuses, faults } = await play(
      { server, world, sender },
      await readContract(),
      { seed, playMs: seconds * 1_000 },
    )
    const counts = [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`)
    process.stdout.write(
      `MOORING_FUZZ_SEED=${seed}: ${calls} calls in ${rounds} rounds (${counts.join(', ')})\n`,
    )
    expect(faults.join('\n\n')).toBe('')
    // The same process is still there, and well.
    expect((await server.api().request('GET', '/health')).status).toBe(200)
  },
  (seconds + 180) * 1_000,
)
