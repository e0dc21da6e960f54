import type { MemorySources } from './blob-sources.ts'
import { median } from './statistics.ts'
import type { Finding } from './table.ts'
import type { Peer, PeerOptions } from './peers.ts'

export type Transport = 'http' | 'tls'

export const transports: readonly Transport[] = ['http', 'tls']

/** The two servers that take turns. In a control run both are Distribution. */
export interface Contestants<T> {
  readonly mooring: T
  readonly distribution: T
}

export interface BenchContext {
  /** Both servers, started, for all work that needs nothing special of them. */
  readonly peers: Contestants<Peer>
  /** A further Mooring on its own data, or on `options.directory`. */
  startMooring(options?: PeerOptions): Promise<Peer>
  startDistribution(options?: PeerOptions): Promise<Peer>
  /** Folder of the servers' data; `spacious` is on a disk, for what does not fit in memory. */
  readonly folder: string
  readonly spaciousFolder: string
  readonly sources: MemorySources
  readonly blobBytes: number
  /** For several at once: an eighth each, which keeps the run short. */
  readonly smallSources: MemorySources
  readonly smallBytes: number
  readonly runs: number
  /** Length of one measurement of a request rate. */
  readonly loadSeconds: number
  /** 1 for the run of record; smaller where the counts of tags and pushers are scaled down. */
  readonly scale: number
  readonly signal: AbortSignal
  progress(line: string): void
}

/** One kind of work. Its key, or the beginning of it, is what `--only` names. */
export interface Work {
  readonly key: string
  run(context: BenchContext): Promise<readonly Finding[]>
}

/** Measures A and B in turn, the first one changing every time; returns both medians. */
export async function alternate(
  context: Pick<BenchContext, 'runs' | 'signal' | 'progress'>,
  label: string,
  first: (run: number) => Promise<number>,
  second: (run: number) => Promise<number>,
): Promise<{ first: number; second: number }> {
  const samples = { first: [] as number[], second: [] as number[] }
  for (let run = 0; run < context.runs; run++) {
    const order = run % 2 === 0 ? (['first', 'second'] as const) : (['second', 'first'] as const)
    for (const who of order) {
      context.signal.throwIfAborted()
      samples[who].push(await (who === 'first' ? first(run) : second(run)))
    }
  }
  const list = (values: readonly number[]) => values.map((value) => value.toPrecision(3)).join(' ')
  context.progress(`${label}: ${list(samples.first)} | ${list(samples.second)}`)
  return { first: median(samples.first), second: median(samples.second) }
}

/** `alternate` with Mooring first and Distribution second. */
export async function compare(
  context: BenchContext,
  label: string,
  sample: (peer: Peer, run: number) => Promise<number>,
): Promise<Contestants<number>> {
  const { mooring, distribution } = context.peers
  const { first, second } = await alternate(
    context,
    label,
    (run) => sample(mooring, run),
    (run) => sample(distribution, run),
  )
  return { mooring: first, distribution: second }
}
