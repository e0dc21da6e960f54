import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { Step } from '../../work/worker.ts'
import { measureContent, type ContentMeasure } from './content-measure.ts'
import { dayMs } from './growth.ts'
import { growthStore } from './growth-store.ts'

export type MeasureService = ReturnType<typeof createMeasureService>

const soonestMs = 5_000
/** What a long count costs is at most this share of the time. */
const restPerWork = 50
const samplesKeptDays = 400
const firstWaitsMs = 1_500
/** A small registry is counted within it, and what was just pushed is seen. */
const laterWaitsMs = 150

/** How much there is: counted in the background, and written down once a day. */
export function createMeasureService({
  database: { db },
  storage,
  clock,
  log,
  isReadOnly,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  log: Logger
  isReadOnly: () => boolean
}) {
  let last: ContentMeasure | undefined
  let notBefore: Instant = 0
  let running: Promise<void> | undefined
  const stopping = new AbortController()

  async function count(): Promise<void> {
    const startedAt = clock.now()
    try {
      last = (await measureContent({ db, clock }, stopping.signal)) ?? last
    } catch (error) {
      log.warn({ err: error }, 'content not counted')
    }
    notBefore = clock.now() + Math.max(soonestMs, (clock.now() - startedAt) * restPerWork)
  }

  /** Begins a count when the last one is old. */
  function refresh(): void {
    if (running !== undefined || clock.now() < notBefore || stopping.signal.aborted) return
    running = count().finally(() => {
      running = undefined
    })
  }

  return {
    /** What was counted last; a count is waited for, but not for long. */
    async content(): Promise<ContentMeasure | undefined> {
      refresh()
      const waitsMs = last === undefined ? firstWaitsMs : laterWaitsMs
      if (running !== undefined) await inTime(running, waitsMs)
      return last
    },

    samples: (sinceDays: number) =>
      growthStore(db).listSince(Math.floor(clock.now() / dayMs) - sinceDays),

    /** The sample of the day. */
    step: (async () => {
      if (isReadOnly()) return 'idle'
      refresh()
      await running
      if (last === undefined || stopping.signal.aborted) return 'idle'
      const { freeBytes, totalBytes } = await storage.space()
      const day = Math.floor(clock.now() / dayMs)
      await growthStore(db).record({
        day,
        content_bytes: last.contentBytes,
        free_bytes: freeBytes,
        total_bytes: totalBytes,
      })
      await growthStore(db).deleteBefore(day - samplesKeptDays)
      return 'idle'
    }) satisfies Step,

    async close(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

async function inTime(work: Promise<void>, withinMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, withinMs, undefined)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
