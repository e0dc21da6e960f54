import { setImmediate as otherWork } from 'node:timers/promises'

import type { Step } from '../../work/worker.ts'
import { createBlobCollection } from './blob-collection.ts'
import type { CollectorParts } from './collector-parts.ts'
import { createManifestCollection } from './manifest-collection.ts'
import { createPurge } from './purge.ts'
import { createTagCollection } from './tag-collection.ts'

/** Asked between two batches. */
export type ShouldStop = () => boolean | Promise<boolean>

export type Collector = ReturnType<typeof createCollector>

/**
 * Removes what nobody needs any more: tags that the time machine has let go, manifests that nothing
 * keeps, blobs that nothing refers to, deleted repositories and namespaces (engines, 3).
 *
 * Everything is done in small transactions under the lock of one repository or one blob, so pushes and
 * pulls go on meanwhile. What is to be looked at next is kept in memory only: a collector may be broken
 * off anywhere, and its sweeps over manifests and blobs find what it left.
 */
export function createCollector(parts: CollectorParts) {
  const blobs = createBlobCollection(parts)
  const manifests = createManifestCollection(parts, blobs)
  const tags = createTagCollection(parts, manifests)
  const purge = createPurge(parts, blobs, manifests)
  const collects = parts.config.features.garbageCollection

  /** Whatever is known to be due; a bounded batch of each kind. */
  async function work(): Promise<boolean> {
    const steps: Step[] = [
      blobs.collect,
      manifests.collect,
      purge.repositories,
      purge.namespaces,
      ...(collects ? [tags.closeExpired, tags.collect, blobs.expireUploads] : []),
    ]
    let isMore = false
    for (const step of steps) {
      isMore = (await step()) === 'more' || isMore
      await otherWork()
    }
    return isMore
  }

  /** Until nothing is known to be due. */
  async function settle(shouldStop: ShouldStop): Promise<void> {
    let isMore = true
    while (isMore && !(await shouldStop())) isMore = await work()
  }

  const step: Step = async () => {
    await blobs.finishDoomed()
    if (await work()) return 'more'
    if (!collects) return 'idle'
    // Looked at while there is nothing else to do; what it finds is due at once.
    await manifests.sweep()
    await blobs.sweep()
    return manifests.hasCandidates() || blobs.hasCandidates() ? 'more' : 'idle'
  }

  return {
    step,

    /** All that is due now, sweeps included, until it is done or told to stop between two batches. */
    drain: async (shouldStop: ShouldStop = () => false): Promise<void> => {
      await blobs.finishDoomed()
      tags.startRound()
      await settle(shouldStop)
      if (!collects) return
      for (const part of [manifests, blobs]) {
        part.restartSweep()
        let isDone = false
        while (!isDone && !(await shouldStop())) {
          isDone = (await part.sweep()).isDone
          await settle(shouldStop)
        }
      }
    },
  }
}
