import type { EventBus } from '../../platform/event-bus.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { JobProgress } from '../../work/job-progress.ts'
import { createCopyMeter, type CopyMeter, type LayerProgress } from '../copying/copy-meter.ts'
import type { LastHour } from './last-hour.ts'
import type { TagState } from './mirror-run-store.ts'

export interface MirrorProgress extends JobProgress<
  'listing' | 'copying' | 'stalled' | 'waiting' | 'removing' | 'ended'
> {
  /** The blobs that are on their way. */
  readonly layers: readonly LayerProgress[]
}

export type ProgressMeter = ReturnType<typeof createProgressMeter>

/** Without a byte for so long, something is wrong with the way. */
const stalledAfterMs = 300_000
const errorsKept = 20
const shownTags = 3

/** How far a run is, told on the bus while it changes. */
export function createProgressMeter({
  repository,
  startedAt,
  bytesBefore,
  bus,
  clock,
  elapsed,
  hour,
}: {
  repository: string
  startedAt: Instant
  /** Transferred by whoever had the run before. */
  bytesBefore: number
  bus: EventBus
  clock: Clock
  elapsed: Stopwatch
  hour: LastHour
}) {
  const states = new Map<string, TagState>()
  const errors: string[] = []
  let phase: 'listing' | 'copying' | 'removing' | 'ended' = 'listing'
  let state: MirrorProgress['state'] = 'running'
  let waitsUntil = -Infinity
  let lastBytes = 0
  let lastBytesAt = elapsed()
  let itemsDone = 0

  const copied = createCopyMeter({ elapsed, report: publish })
  const meter: CopyMeter = {
    ...copied,
    received(count) {
      hour.received(count)
      copied.received(count)
    },
  }

  function snapshot(): MirrorProgress {
    const { tags, bytes, bytesTotal, bytesPerSecond, layers, blobs, blobsTotal } = meter.snapshot()
    const now = elapsed()
    if (bytes !== lastBytes || blobs >= blobsTotal) {
      lastBytes = bytes
      lastBytesAt = now
    }
    const isSlow = phase === 'copying' && now - lastBytesAt >= stalledAfterMs
    const isWaiting = phase === 'copying' && clock.now() < waitsUntil
    const itemsTotal = states.size
    const missing = Math.max(bytesTotal - bytes, 0)
    // What is not known yet is taken to be like what was copied so far.
    const perItem = itemsDone === 0 ? 0 : bytes / itemsDone
    const left = missing + perItem * Math.max(itemsTotal - itemsDone - tags.length, 0)
    return {
      state,
      phase: isWaiting ? 'waiting' : isSlow ? 'stalled' : phase,
      done: bytesBefore + bytes,
      total: bytesBefore + Math.max(bytesTotal, bytes),
      unit: 'bytes',
      itemsDone,
      itemsTotal,
      current: tags
        .slice(0, shownTags)
        .map((tag) => withPlatforms(tag, layers))
        .join(', '),
      layers: state === 'running' ? layers : [],
      rate: state === 'running' ? bytesPerSecond : 0,
      eta: state === 'running' && bytesPerSecond > 0 ? Math.ceil(left / bytesPerSecond) : null,
      startedAt,
      errors,
    }
  }

  function publish(): void {
    bus.publish('jobs', { job: 'mirror', id: repository, progress: { ...snapshot() } })
  }

  return {
    meter,
    snapshot,
    bytes: (): number => bytesBefore + meter.snapshot().bytes,

    began(next: typeof phase): void {
      phase = next
      publish()
    },

    expect(tags: readonly string[]): void {
      for (const tag of tags) states.set(tag, 'waiting')
    },

    tag(name: string, is: TagState, error?: string): void {
      if (is !== 'running' && states.get(name) !== is) itemsDone++
      states.set(name, is)
      if (error !== undefined && errors.length < errorsKept) errors.push(`${name}: ${error}`)
    },

    count: (wanted: TagState): number =>
      [...states.values()].filter((found) => found === wanted).length,

    /** The upstream wants to be left alone for a while. */
    waits(waitMs: number): void {
      waitsUntil = clock.now() + waitMs
      publish()
    },

    ended(how: Exclude<MirrorProgress['state'], 'running'>, error?: string): void {
      state = how
      phase = 'ended'
      if (error !== undefined) errors.push(error)
      publish()
    },
  }
}

/** `1.25-alpine (linux/arm64)` */
function withPlatforms(tag: string, layers: readonly LayerProgress[]): string {
  const platforms = new Set(layers.flatMap((layer) => (layer.tag === tag ? layer.platform : [])))
  platforms.delete(null)
  return platforms.size === 0 ? tag : `${tag} (${[...platforms].join(', ')})`
}
