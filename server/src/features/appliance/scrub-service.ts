import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { parseDigest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { underLease, type Lease } from '../../work/lease.ts'
import type { Step } from '../../work/worker.ts'
import { applianceStateStore } from './appliance-state-store.ts'
import { damageStore } from './damage-store.ts'
import { createPace, verifyBlob, type Pace } from './verify-blob.ts'

const Scrub = z.object({
  id: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  started: z.number(),
  ended: z.number().nullable(),
  /** Blobs up to this id have been read. */
  after: z.number(),
  blobsDone: z.number(),
  blobsTotal: z.number(),
  bytesDone: z.number(),
  bytesTotal: z.number(),
  rateLimit: z.number(),
  rate: z.number(),
  error: z.string().nullable(),
})
export type Scrub = z.output<typeof Scrub>

export interface Damage {
  readonly digest: string
  readonly size_bytes: number
  readonly reason: 'missing' | 'changed' | 'unreadable'
  readonly found_at: Instant
  readonly repositories: readonly string[]
}

export type ScrubService = ReturnType<typeof createScrubService>

const name = 'scrub'
const usualRate = 50 * 1024 * 1024
/** Progress is written down about so often. */
const saveEveryMs = 2_000
const batchSize = 50
const damageShown = 100
const repositoriesShown = 5

/**
 * Reads every blob again, slowly, and notes those that are not what their digest says. How far it is
 * stands in the database: it goes on after a restart, on whichever instance gets the lease.
 */
export function createScrubService({
  db,
  storage,
  clock,
  random,
  log,
  bus,
  lease,
  isReadOnly,
  total,
}: {
  db: Db
  storage: BlobStorage
  clock: Clock
  random: Random
  log: Logger
  bus: EventBus
  lease: Lease
  isReadOnly: () => boolean
  /** About how much there is to read. */
  total: () => Promise<{ readonly blobs: number; readonly bytes: number }>
}) {
  const medium = storage.uncached ?? storage
  let wake: () => void = () => undefined

  async function read(): Promise<Scrub | undefined> {
    const found = Scrub.safeParse(await applianceStateStore(db).find(name))
    return found.success ? found.data : undefined
  }

  async function save(scrub: Scrub): Promise<void> {
    await applianceStateStore(db).set(name, scrub)
    const { id, state, blobsDone, blobsTotal, bytesDone, bytesTotal, rate } = scrub
    const progress = { state, blobsDone, blobsTotal, bytesDone, bytesTotal, rate }
    bus.publish('jobs', { job: 'scrub', id, progress })
  }

  /** Unless somebody cancelled it meanwhile. */
  const saveProgress = (scrub: Scrub): Promise<boolean> =>
    read().then(async (now) => {
      if (now?.id !== scrub.id || now.state !== 'running') return false
      await save(scrub)
      return true
    })

  async function note(digest: string, sizeBytes: number, pace: Pace, signal: AbortSignal) {
    const damage = damageStore(db)
    const reason = await verifyBlob(medium, parseDigest(digest), sizeBytes, { pace, signal })
    if (reason === undefined) {
      await damage.forget(digest)
      return
    }
    // It may have been collected while it was read.
    if (!(await damage.isKnown(digest))) return
    log.error({ digest, reason }, 'damaged blob found')
    await damage.record({ digest, size_bytes: sizeBytes, reason, found_at: clock.now() })
  }

  const work: Step = async (stopping = new AbortController().signal) => {
    let scrub = await read()
    if (scrub?.state !== 'running') return 'idle'
    const pace = createPace(scrub.rateLimit, () => clock.now(), stopping)
    const startedAt = clock.now()
    let bytes = 0
    try {
      for (const blob of await damageStore(db).blobsAfter(scrub.after, batchSize)) {
        await note(blob.digest, blob.size_bytes, pace, stopping)
        bytes += blob.size_bytes
        scrub = {
          ...scrub,
          after: blob.id,
          blobsDone: scrub.blobsDone + 1,
          bytesDone: scrub.bytesDone + blob.size_bytes,
        }
        const elapsedMs = clock.now() - startedAt
        scrub = { ...scrub, rate: Math.round((bytes / Math.max(1, elapsedMs)) * 1000) }
        if (elapsedMs >= saveEveryMs) return (await saveProgress(scrub)) ? 'more' : 'idle'
      }
      const isDone = (await damageStore(db).blobsAfter(scrub.after, 1)).length === 0
      const ended = isDone ? clock.now() : null
      await saveProgress({ ...scrub, state: isDone ? 'done' : 'running', ended })
      return isDone ? 'idle' : 'more'
    } catch (error) {
      if (stopping.aborted) {
        await saveProgress(scrub)
        return 'idle'
      }
      const message = error instanceof Error ? error.message : String(error)
      log.warn({ err: error }, 'check of the blobs failed')
      await saveProgress({ ...scrub, state: 'failed', ended: clock.now(), error: message })
      return 'idle'
    }
  }
  const alone = underLease(lease, work)

  return {
    find: read,

    async damaged(): Promise<{ list: readonly Damage[]; total: number }> {
      const store = damageStore(db)
      const list: Damage[] = []
      for (const row of await store.list(damageShown)) {
        if (await store.isKnown(row.digest)) {
          const repositories = await store.repositoriesWith(row.digest, repositoriesShown)
          list.push({ ...row, repositories })
        } else if (!isReadOnly()) await store.forget(row.digest)
      }
      return { list, total: Math.max(list.length, await store.count()) }
    },

    /** A new one, or the rest of one that was cut off. @throws Problem `conflict` */
    async start(options?: { readonly rate_limit?: number | undefined }): Promise<Scrub> {
      const rateLimit = options?.rate_limit ?? usualRate
      const before = await read()
      if (before?.state === 'running') {
        throw new Problem('conflict', { message: 'The blobs are being checked already.' })
      }
      const goesOn = before?.state === 'failed' || before?.state === 'cancelled'
      const { blobs, bytes } = await total()
      const scrub: Scrub = {
        id: random.uuid(),
        state: 'running',
        started: clock.now(),
        ended: null,
        after: goesOn ? before.after : 0,
        blobsDone: goesOn ? before.blobsDone : 0,
        blobsTotal: blobs,
        bytesDone: goesOn ? before.bytesDone : 0,
        bytesTotal: bytes,
        ...{ rateLimit, rate: 0, error: null },
      }
      await save(scrub)
      wake()
      return scrub
    },

    async cancel(): Promise<void> {
      const scrub = await read()
      if (scrub?.state === 'running') {
        await save({ ...scrub, state: 'cancelled', ended: clock.now() })
      }
    },

    /** How the worker is woken. */
    attach(next: () => void): void {
      wake = next
    },

    // A lease is written down, so it is asked for only when there is something to do.
    step: (async (stopping) =>
      !isReadOnly() && (await read())?.state === 'running'
        ? alone(stopping)
        : 'idle') satisfies Step,
  }
}
