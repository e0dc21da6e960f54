import { setTimeout as wait } from 'node:timers/promises'
import { createRegistryClient, type RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { ageUploads, createDataFolderCheck } from './data-folder.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createPusher } from './pusher.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'
import { createVerifier } from './verify.ts'

export interface CrashOptions {
  readonly cycles: number
  readonly seed: string
  readonly pushers: number
  /** Cycles on one data folder, before everything in it is verified and a new one begins. */
  readonly cyclesPerFolder: number
  progress(line: string): void
}

export interface CrashSummary {
  readonly kills: number
  readonly blobs: number
  readonly manifests: number
  readonly resumedUploads: number
  readonly sweptLeftovers: number
  /** From the start of the process to its first answer, for each restart after a kill. */
  readonly restartsMs: readonly number[]
}

/** Pushes with several clients, kills the server at random, and verifies all that it said yes to. */
export async function runCrashCycles(options: CrashOptions): Promise<CrashSummary> {
  const random = createSeededRandom(options.seed)
  const total = { kills: 0, blobs: 0, manifests: 0, resumedUploads: 0, sweptLeftovers: 0 }
  const restartsMs: number[] = []
  for (let done = 0; done < options.cycles;) {
    const cycles = Math.min(options.cyclesPerFolder, options.cycles - done)
    await using server = await startTestServer()
    const ledger = createLedger()
    const verify = createVerifier()
    const checkFolder = createDataFolderCheck()
    // Kept over the kills, with the tokens they have: logging in again would take most of a cycle.
    const clients = Array.from({ length: options.pushers }, () => clientOf(server))
    const client = clientOf(server)
    for (let cycle = 0; cycle < cycles; cycle++) {
      const pushed = await pushUntilKilled(
        server,
        clients,
        ledger,
        random,
        `${options.seed}/${done + cycle}`,
      )
      total.kills += 1 + (await killWhileStarting(server, random))
      const restartMs = await restart(server)
      restartsMs.push(restartMs)
      const found = await verify({ client, ledger, random, again: 0.02 })
      const folder = await checkFolder(server.dataDir)
      total.resumedUploads += found.uploads
      options.progress(
        `kill ${done + cycle + 1}: ${pushed} steps; up again in ${restartMs.toFixed(0)} ms; ` +
          `${found.blobs} blobs, ${found.manifests} manifests, ${found.uploads} open uploads verified, ` +
          `${folder.orphans.length} leftovers`,
      )
    }
    const found = await verify({ client, ledger, random, again: 1 })
    total.blobs += found.blobs
    total.manifests += found.manifests
    for (const each of [...clients, client]) each.close()
    total.sweptLeftovers += await sweepLeftovers(server, checkFolder)
    done += cycles
  }
  return { ...total, restartsMs }
}

/** @returns how many steps the clients finished before the end. */
async function pushUntilKilled(
  server: TestServer,
  clients: readonly RegistryClient[],
  ledger: Ledger,
  random: SeededRandom,
  seed: string,
): Promise<number> {
  const repositories = ['one', 'two', 'deep/three'].map((name) => `${server.username}/${name}`)
  const unfinished = [...ledger.uploads]
  let killed = false
  const isKilled = () => killed
  let steps = 0
  const work = clients.map(async (client, at) => {
    const pusher = createPusher({
      client,
      ledger,
      random: createSeededRandom(`${seed}/${at}`),
      name: `p${at}`,
      repositories,
      inherited: unfinished.filter((_upload, index) => index % clients.length === at),
    })
    while (!isKilled()) {
      try {
        await pusher.step()
        steps++
      } catch (error) {
        // What fails after the kill fails because of it; before it, nothing may fail.
        if (!isKilled()) throw error
      }
    }
  })
  const settled = Promise.allSettled(work)
  try {
    await Promise.race([wait(random.between(20, 900)), Promise.all(work)])
  } finally {
    killed = true
    await server.kill9()
    await settled
  }
  for (const result of await settled) {
    if (result.status === 'rejected') throw result.reason
  }
  return steps
}

/** Now and then the next kill comes while the server is still recovering from the one before. */
async function killWhileStarting(server: TestServer, random: SeededRandom): Promise<number> {
  if (!random.chance(0.2)) return 0
  const starting = server.restart()
  await Promise.race([wait(random.between(50, 600)), starting])
  await server.kill9()
  await starting.catch(() => undefined)
  await server.kill9()
  return 1
}

async function restart(server: TestServer): Promise<number> {
  const startedAt = performance.now()
  await server.restart()
  await until('an answer after the restart', async () => {
    const response = await fetch(new URL('/v2/', server.urls.http)).catch(() => undefined)
    await response?.body?.cancel()
    return response?.status === 401 || response?.status === 200 ? true : undefined
  })
  return performance.now() - startedAt
}

/** Files of uploads that died before they were recorded go when they are old; the others stay. */
export async function sweepLeftovers(
  server: Pick<TestServer, 'dataDir' | 'restart'>,
  checkFolder: ReturnType<typeof createDataFolderCheck>,
): Promise<number> {
  const { orphans } = await checkFolder(server.dataDir)
  await ageUploads(server.dataDir, orphans)
  await server.restart()
  await until('leftovers to be swept', async () => {
    const left = await checkFolder(server.dataDir)
    return left.orphans.length === 0 ? true : undefined
  })
  return orphans.length
}

function clientOf(server: TestServer): RegistryClient {
  const { username, password, urls } = server
  return createRegistryClient({ baseUrl: urls.http, username, password })
}
