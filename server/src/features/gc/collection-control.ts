import type { Clock, Instant } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import { underLease, type Lease } from '../../work/lease.ts'
import type { Step, Worker } from '../../work/worker.ts'
import type { CollectionPlan } from './collection-plan.ts'
import type { Collector } from './collector.ts'
import type { Tally } from './tally.ts'

export interface CollectionRun {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly started: Instant
  readonly ended: Instant | null
  readonly by: string | null
  readonly freed: CollectionPlan
  readonly error: string | null
}

export interface PlannedCollection {
  readonly state: 'running' | 'done' | 'failed'
  readonly at: Instant
  readonly wouldFree: CollectionPlan | null
}

export type CollectionControl = ReturnType<typeof createCollectionControl>

const nothing: CollectionPlan = {
  ...{ tags: 0, manifests: 0, blobs: 0, bytes: 0, repositories: 0, namespaces: 0 },
}
const tellEveryMs = 1_000

/**
 * The collector under the hands of an administrator: what its turns freed, one that is asked for, and
 * what one would free. Everything is done in the turns of the one worker, so that it never runs twice.
 */
export function createCollectionControl({
  clock,
  log,
  bus,
  isReadOnly,
}: {
  clock: Clock
  log: Logger
  bus: EventBus
  isReadOnly: () => boolean
}) {
  let counted = nothing
  let last: CollectionRun | undefined
  let lastTurnAt: Instant | undefined
  let run: CollectionRun | undefined
  let runNumber = 0
  let isCancelled = false
  let plan: PlannedCollection | undefined
  let worker: Pick<Worker, 'wake' | 'isPaused'> | undefined
  let isUnderWay = false
  let toldAt = -Infinity

  function tell(): void {
    if (run === undefined) return
    toldAt = clock.now()
    const { id, state, freed } = run
    bus.publish('jobs', { job: 'collection', id, progress: { state, ...freed } })
  }

  /** Why nothing is collected for now. */
  function restsFor(): 'pause' | 'read-only' | null {
    if (worker?.isPaused === true) return 'pause'
    return worker !== undefined && isReadOnly() ? 'read-only' : null
  }

  function freedSince(before: CollectionPlan): CollectionPlan {
    return {
      tags: counted.tags - before.tags,
      manifests: counted.manifests - before.manifests,
      blobs: counted.blobs - before.blobs,
      bytes: counted.bytes - before.bytes,
      repositories: counted.repositories - before.repositories,
      namespaces: counted.namespaces - before.namespaces,
    }
  }

  async function runNow(collector: Collector, lease: Lease, stopping?: AbortSignal): Promise<void> {
    const before = counted
    const become = (change: Partial<CollectionRun>) => {
      if (run !== undefined) run = { ...run, freed: freedSince(before), ...change }
    }
    try {
      if (!(await lease.hold())) throw new Error('Another instance is collecting')
      await collector.drain(async () => {
        become({})
        if (clock.now() - toldAt >= tellEveryMs) tell()
        return isCancelled || (stopping?.aborted ?? false) || !(await lease.hold())
      })
      const isWhole = !isCancelled && !(stopping?.aborted ?? false)
      become({ state: isWhole ? 'done' : 'cancelled', ended: clock.now() })
    } catch (error) {
      log.warn({ err: error }, 'collection that was asked for failed')
      const message = error instanceof Error ? error.message : String(error)
      become({ state: 'failed', ended: clock.now(), error: message.slice(0, 500) })
    } finally {
      await lease.release().catch(() => undefined)
      tell()
    }
  }

  return {
    /** Counts what goes on to `inner`. */
    tally: (inner: Tally): Tally => ({
      rows(table, count) {
        if (table === 'Tag') counted = { ...counted, tags: counted.tags + count }
        if (table === 'Manifest') counted = { ...counted, manifests: counted.manifests + count }
        inner.rows(table, count)
      },
      blobRemoved(sizeBytes) {
        const { blobs, bytes } = counted
        counted = { ...counted, blobs: blobs + 1, bytes: bytes + sizeBytes }
        inner.blobRemoved(sizeBytes)
      },
      repositoryCollected() {
        inner.repositoryCollected()
      },
      repositoryPurged() {
        counted = { ...counted, repositories: counted.repositories + 1 }
        inner.repositoryPurged()
      },
      namespacePurged() {
        counted = { ...counted, namespaces: counted.namespaces + 1 }
        inner.namespacePurged()
      },
    }),

    /** The step of the worker; `all` collects also what the switches of the configuration leave. */
    step({ lease, usual, all }: { lease: Lease; usual: Collector; all: Collector }): Step {
      const scheduled = underLease(lease, usual.step)
      return async (stopping) => {
        if (isReadOnly()) return 'idle'
        if (run?.state === 'running') {
          isUnderWay = true
          await runNow(all, lease, stopping).finally(() => (isUnderWay = false))
          return 'idle'
        }
        const before = counted
        const started = clock.now()
        const found = await scheduled(stopping)
        lastTurnAt = clock.now()
        const freed = freedSince(before)
        if (Object.values(freed).some((count: number) => count > 0)) {
          const ended = clock.now()
          last = { id: '', state: 'done', started, ended, by: null, freed, error: null }
        }
        return found
      }
    },

    /** Where there is one. */
    attach(next: Pick<Worker, 'wake' | 'isPaused'>): void {
      worker = next
    },

    isEnabled: (): boolean => worker !== undefined,

    state: () => ({ last, lastTurnAt, run, plan, restsFor: restsFor() }),

    /** @throws Problem `conflict` */
    start(by: string): CollectionRun {
      if (worker === undefined) {
        throw new Problem('conflict', { message: 'This server does not collect garbage.' })
      }
      if (run?.state === 'running') {
        throw new Problem('conflict', { message: 'A collection is running already.' })
      }
      isCancelled = false
      run = {
        id: String(++runNumber),
        state: 'running',
        ...{ started: clock.now(), ended: null, by, freed: nothing, error: null },
      }
      worker.wake()
      return run
    },

    /** One that has not begun ends at once. */
    cancel(): void {
      isCancelled = true
      if (run?.state !== 'running' || isUnderWay) return
      run = { ...run, state: 'cancelled', ended: clock.now() }
      tell()
    },

    /** Begins to find out what a collection would free. */
    plan(find: () => Promise<CollectionPlan>): PlannedCollection {
      if (plan?.state === 'running') return plan
      const at = clock.now()
      const begun: PlannedCollection = { state: 'running', at, wouldFree: null }
      plan = begun
      find().then(
        (wouldFree) => {
          plan = { state: 'done', at: clock.now(), wouldFree }
        },
        (error: unknown) => {
          log.warn({ err: error }, 'collection not planned')
          plan = { state: 'failed', at: clock.now(), wouldFree: null }
        },
      )
      return begun
    },
  }
}
