import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import { sql } from 'kysely'

import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { damageStore } from './damage-store.ts'
import { growthStore } from './growth-store.ts'
import { dayMs } from './growth.ts'
import { judged, shouldBeHigh, shouldBeLow, type Check } from './health-checks.ts'
import type { RunningServer } from './running-server.ts'
import type { WorkerPauses } from './worker-pause-service.ts'
import type { WorkerWatch } from './worker-watch.ts'

/** A look at one thing; what cannot be looked at is `unknown`, or wrong where that is the answer. */
export type HealthProbe = () => Promise<readonly Check[]>

const jumpMs = 60_000
const databaseWarningMs = 250
const storageWarningMs = 500
const tries = 3
const longestUseMs = 15 * 365.25 * dayMs

/** Whether the clock can be right; a wrong one makes certificates and tokens invalid. */
export function clockProbe({
  db,
  clock,
  releasedAt,
}: {
  db: Database['db']
  clock: Clock
  /** No clock can rightly show an earlier time. */
  releasedAt: Instant
}): HealthProbe {
  const startedAt = clock.now()
  const elapsed = startStopwatch()
  const scale = { id: 'clock', unit: 'milliseconds' } as const
  return async () => {
    const now = clock.now()
    // A correction that somebody made is told for as long as this process has lived through it.
    const driftMs = Math.round(now - startedAt - elapsed())
    const parameters = { now: new Date(now).toISOString(), drift_ms: driftMs }
    const today = Math.floor(now / dayMs)
    const later = await growthStore(db).listSince(today + 2)
    const isWrong = now < releasedAt || now > releasedAt + longestUseMs || later.length > 0
    if (isWrong) return [judged({ ...scale, parameters }, 'error', driftMs)]
    return [shouldBeLow({ ...scale, parameters }, Math.abs(driftMs), jumpMs)]
  }
}

export function spaceProbe({
  storage,
  dataDir,
  warningShare,
  errorShare,
}: {
  storage: Pick<BlobStorage, 'space'>
  dataDir: string
  /** Free shares, 0 to 1. */
  warningShare: number
  errorShare: number
}): HealthProbe {
  return async () => {
    const { freeBytes, totalBytes } = await storage.space()
    const parameters = { free_bytes: freeBytes, total_bytes: totalBytes }
    const { files, ffree } = await statfs(dataDir)
    return [
      shouldBeHigh(
        { id: 'space', unit: 'bytes', parameters },
        totalBytes > 0 ? freeBytes : null,
        Math.ceil(totalBytes * warningShare),
        Math.ceil(totalBytes * errorShare),
      ),
      // File systems that make inodes as they need them say zero.
      shouldBeHigh({ id: 'inodes', unit: 'count' }, files > 0 ? ffree : null, 100_000, 1_000),
    ]
  }
}

/** How long the database takes for the smallest question. */
export function databaseProbe({ db }: Pick<Database, 'db'>): HealthProbe {
  const scale = { id: 'database-latency', unit: 'milliseconds' } as const
  return async () => {
    try {
      const ms = await quickest(databaseWarningMs, () => sql`select 1`.execute(db))
      return [shouldBeLow(scale, ms, databaseWarningMs, 2_000)]
    } catch {
      return [judged(scale, 'error')]
    }
  }
}

/** How long it takes to create something where the blobs are. */
export function storageProbe({
  storage,
  random,
  isReadOnly,
}: {
  storage: BlobStorage
  random: Random
  isReadOnly: () => boolean
}): HealthProbe {
  const scale = { id: 'storage-latency', unit: 'milliseconds' } as const
  return async () => {
    if (isReadOnly()) return [judged(scale, 'unknown')]
    const touch = async () => {
      const id = random.uuid()
      await storage.createUpload(id)
      await storage.abort(id)
      await storage.check?.()
    }
    try {
      const ms = await quickest(storageWarningMs, touch)
      return [shouldBeLow(scale, ms, storageWarningMs, 4_000)]
    } catch {
      return [judged(scale, 'error')]
    }
  }
}

export function listenerProbe({ running }: { running: RunningServer }): HealthProbe {
  return async () =>
    (await running.listeners()).map(({ name, address, port, family, isListening, connections }) =>
      judged(
        {
          id: `listener-${name}`,
          unit: 'connections',
          parameters: { address, port, family },
        },
        isListening ? 'ok' : 'error',
        connections,
      ),
    )
}

/** Memory of this process, and how long it keeps everybody waiting at its worst. */
export function processProbe(): HealthProbe & Disposable {
  const delays = monitorEventLoopDelay({ resolution: 20 })
  delays.enable()
  let before = 0
  const probe = () => {
    const { rss } = process.memoryUsage()
    const allowed = memoryLimit()
    const p99Ms = delays.count > 0 ? round(delays.percentile(99) / 1e6) : 0
    delays.reset()
    // Two looks in a row: one is what a start does.
    const lastingMs = Math.min(before, p99Ms)
    before = p99Ms
    return Promise.resolve([
      shouldBeLow(
        {
          id: 'memory',
          unit: 'bytes',
          parameters: { limit_bytes: allowed, free_bytes: freemem() },
        },
        rss,
        Math.round(allowed * 0.75),
        Math.round(allowed * 0.92),
      ),
      shouldBeLow(
        { id: 'event-loop', unit: 'milliseconds', parameters: { cpus: availableParallelism() } },
        lastingMs,
        250,
        2_000,
      ),
    ])
  }
  return Object.assign(probe, {
    [Symbol.dispose]: () => {
      delays.disable()
    },
  })
}

/** What a container may take, or what the machine has. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return constrained > 0 && constrained < total ? constrained : total
}

const failuresThatMatter = 3

export function workerProbe({ workers }: { workers: Pick<WorkerWatch, 'list'> }): HealthProbe {
  return () => {
    const failing = workers.list().filter(({ failures }) => failures >= failuresThatMatter)
    const parameters = {
      names: failing.map(({ name }) => name).join(', '),
      failure: failing[0]?.lastFailure ?? '',
    }
    return Promise.resolve([
      shouldBeLow({ id: 'workers', unit: 'count', parameters }, failing.length, 1),
    ])
  }
}

export function pauseProbe({ pauses }: { pauses: Pick<WorkerPauses, 'list'> }): HealthProbe {
  return () => {
    const found = pauses.list()
    const parameters = {
      names: found.map(({ work }) => work).join(', '),
      by: [...new Set(found.map(({ by }) => by))].join(', '),
    }
    return Promise.resolve([
      shouldBeLow({ id: 'paused-workers', unit: 'count', parameters }, found.length, 1),
    ])
  }
}

export function damageProbe({ db }: Pick<Database, 'db'>): HealthProbe {
  return async () => {
    const count = await damageStore(db).count()
    return [shouldBeLow({ id: 'damaged-blobs', unit: 'count' }, count, 1, 1)]
  }
}

/** Something slow is tried again: one hiccup, as at a start, is no state. */
async function quickest(slowMs: number, work: () => Promise<unknown>): Promise<number> {
  let best = Infinity
  for (let tried = 0; tried < tries && best >= slowMs; tried++) {
    const elapsed = startStopwatch()
    await work()
    best = Math.min(best, elapsed())
  }
  return round(best)
}

const round = (ms: number) => Math.round(ms * 10) / 10
