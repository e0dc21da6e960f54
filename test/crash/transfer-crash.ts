import { sweepLeftovers } from './crash-run.ts'
import { createDataFolderCheck } from './data-folder.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'
import { requireSettled, requireWholeTags } from './transfer-checks.ts'
import { startTransferWorld, type TransferWorld } from './transfer-world.ts'
import {
  madeFor,
  removeBundle,
  requireSoundBundle,
  ways,
  type Cuts,
  type Transfer,
  type Way,
  type WorkName,
} from './transfer-works.ts'

export interface TransferCrashOptions {
  readonly works: readonly WorkName[]
  /** Kills of each work, spread over as long as it takes when nobody disturbs it. */
  readonly points: number
  readonly seed: string
  readonly largeBytes: number
  /** Points on the same two registries, before new ones begin. */
  readonly pointsPerWorld: number
  /** Where both have their databases; without, SQLite. */
  readonly postgresUrl?: string | undefined
  readonly progress: (line: string) => void
}

export interface WorkSummary {
  readonly work: WorkName
  readonly points: number
  /** A point may be hit again while it recovers. */
  readonly kills: number
  /** Without a kill, the quickest and the slowest way. */
  readonly undisturbedMs: readonly [number, number]
}

export interface TransferSummary {
  readonly works: readonly WorkSummary[]
  readonly sweptLeftovers: number
}

const attempts = 10
/** A way is tried from so many points on, as each has to be measured first. */
const pointsAWay = 2

/** Kills each work at points of its whole duration; the next start, or the same command, finishes it. */
export async function runTransferCrashes(options: TransferCrashOptions): Promise<TransferSummary> {
  const { works, points, pointsPerWorld, largeBytes, postgresUrl } = options
  const found = new Map(works.map((work) => [work, { kills: 0, durations: [] as number[] }]))
  let sweptLeftovers = 0
  for (let from = 0; from < points; from += pointsPerWorld) {
    await using world = await startTransferWorld({ largeBytes, postgresUrl })
    const upTo = Math.min(from + pointsPerWorld, points)
    const checkFolder = createDataFolderCheck((dataDir) => world.recordsOf({ dataDir }))
    for (const [work, total] of found) {
      const { kills, durations } = await killWork(world, work, { from, upTo }, options)
      total.kills += kills
      total.durations.push(...durations)
      await checkFolder(world.target.dataDir)
    }
    sweptLeftovers += await sweepLeftovers(world.target, checkFolder)
  }
  return {
    works: [...found].map(([work, { kills, durations }]) => ({
      ...{ work, points, kills },
      undisturbedMs: [Math.min(...durations), Math.max(...durations)] as const,
    })),
    sweptLeftovers,
  }
}

async function killWork(
  world: TransferWorld,
  work: WorkName,
  { from, upTo }: { from: number; upTo: number },
  { seed, points, progress }: TransferCrashOptions,
) {
  const random = createSeededRandom(`${seed}/${work}/${from}`)
  const inUse = ways[work].slice(0, Math.ceil((upTo - from) / pointsAWay))
  const measure = async (way: Way, name: string) => (await carry(world, work, way, name, [])).tookMs
  const durations: number[] = []
  for (const [at, way] of inUse.entries()) {
    durations.push(await measure(way, `${work}-${from}-whole-${at}`))
  }
  let kills = 0
  for (let point = from; point < upTo; point++) {
    const at = point % inUse.length
    const way = inUse[at]
    if (way === undefined) continue
    for (let attempt = 1; ; attempt++) {
      const name = `${work}-${point}-${attempt}`
      const undisturbedMs = durations[at] ?? 0
      const cuts = cutsOf(random, point / points, 1 / points, undisturbedMs)
      const { shown, tookMs, isLate } = await carry(world, work, way, name, cuts)
      progress(
        `${work} ${point + 1} of ${points}: killed after ${cuts.map(milliseconds).join(' and ')} ` +
          `of ${milliseconds(undisturbedMs)} ms${isLate ? ', too late' : ''}; ` +
          `${shown} tags showed then; finished after ${milliseconds(tookMs)} ms`,
      )
      if (!isLate) {
        kills += cuts.length
        break
      }
      // The machine became quicker: once more, by what it takes now, and with more to spare each time.
      if (attempt === attempts) throw new Error(`${work} ${point}: again and again done before`)
      const spared = (cuts[0] ?? Infinity) * (1 - attempt / (2 * attempts))
      durations[at] = Math.min(await measure(way, `${name}-whole`), spared)
    }
  }
  return { kills, durations }
}

/** One in each equal part of the duration, and now and then another while it recovers. */
function cutsOf(random: SeededRandom, begin: number, width: number, undisturbedMs: number): Cuts {
  const first = (begin + random.next() * width) * undisturbedMs
  return random.chance(0.2) ? [first, random.next() * undisturbedMs] : [first]
}

/** Brings new content to the target, one step of it in this way and the others undisturbed. */
async function carry(world: TransferWorld, work: WorkName, way: Way, name: string, cuts: Cuts) {
  const stock = await world.stock(name)
  const transfer: Transfer = { name, stock, bundle: world.carried(name) }
  let shown = 0
  const look = async () => {
    shown = Math.max(shown, await requireWholeTags(world.clients.target, stock))
  }
  if (work === 'bundle-import') await madeFor(way)(world, transfer, { cuts: [], look })
  const { tookMs, isLate } = await way(world, transfer, { cuts, look })
  if (work === 'bundle-create') {
    await requireSoundBundle(world, transfer)
    await ways['bundle-import'][0]?.(world, transfer, { cuts: [], look })
  }
  await world.requireArrived(stock)
  for (const server of [world.source, world.target]) {
    await requireSettled(server.dataDir, world.recordsOf(server))
  }
  await removeBundle(transfer)
  return { shown, tookMs, isLate }
}

const milliseconds = (ms: number): string => ms.toFixed(0)

export function transferText({ works, sweptLeftovers }: TransferSummary): string {
  const lines = works.map(({ work, points, kills, undisturbedMs }) => {
    const [shortest, longest] = undisturbedMs.map(milliseconds)
    return `${work}: ${points} points over ${shortest ?? ''} to ${longest ?? ''} ms, ${kills} kills`
  })
  const end = `all finished, every digest equal and pullable, ${sweptLeftovers} leftovers swept`
  return [...lines, end].join('\n')
}
