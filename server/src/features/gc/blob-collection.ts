import { setImmediate as otherWork } from 'node:timers/promises'

import { isContentHeld } from '../../work/content-hold.ts'
import type { Step } from '../../work/worker.ts'
import { blobGarbageStore, type GarbageBlob } from './blob-garbage-store.ts'
import type { CollectorParts } from './collector-parts.ts'

const blobsAtOnce = 20
const uploadsAtOnce = 200
const examinedAtOnce = 500
const idsAtOnce = 10_000

export type BlobCollection = ReturnType<typeof createBlobCollection>

/**
 * Takes bytes away that nothing refers to any more, in three moves that may be broken off anywhere:
 * the blob is doomed, under a lock that everything takes which refers to blobs; the bytes go; the row
 * goes. Whoever pushes the same content in between waits for the end of it.
 */
export function createBlobCollection({
  database,
  storage,
  clock,
  lease,
  tally,
  log,
}: CollectorParts) {
  const candidates = new Set<number>()
  const store = blobGarbageStore(database.db)
  let looksForDoomed = true
  let sweptTo = 0
  /** Doomed already, so pushes of the same content wait for the end of it. */
  const unfinished = new Set<number>()
  /** Somebody copies content, so nothing is doomed; what is due waits until that has ended. */
  let isHeld = false

  /** Undefined when the blob is needed, or gone. */
  async function doom(id: number): Promise<GarbageBlob | undefined> {
    if (await store.isReferred(id, clock.now())) return undefined
    let uploads = 0
    const doomed = await database.db.transaction().execute(async (tx) => {
      const garbage = blobGarbageStore(tx)
      const blob = await garbage.lock(id)
      if (blob === undefined || blob.isDoomed) return blob
      if (await garbage.isReferred(id, clock.now())) return undefined
      if (await garbage.isAwaited(blob.digest)) return undefined
      if (await isContentHeld(tx, clock.now())) return undefined
      uploads = await garbage.forgetUploads(id)
      await garbage.doom(id)
      return blob
    })
    if (uploads > 0) tally.rows('UploadedBlob', uploads)
    return doomed
  }

  return {
    /** To be looked at: what referred to them is gone. */
    add(ids: Iterable<number>): void {
      for (const id of ids) candidates.add(id)
    },

    collect: (async () => {
      isHeld = await isContentHeld(database.db, clock.now())
      const due = isHeld ? unfinished : candidates
      const doomed: GarbageBlob[] = []
      let looked = 0
      for (const id of due) {
        if (doomed.length === blobsAtOnce || looked++ === uploadsAtOnce) break
        const blob = await doom(id)
        candidates.delete(id)
        unfinished.delete(id)
        if (blob !== undefined) doomed.push(blob)
      }
      if (doomed.length > 0) {
        // After a power cut the database must not come back with a reference to bytes that are gone.
        await database.flush()
        for (const { id, digest, sizeBytes } of doomed) {
          // Another collector may be at work once the lease has run out; it finishes what is doomed.
          if (!lease.isSafe()) {
            candidates.add(id)
            unfinished.add(id)
            continue
          }
          await storage.remove(digest)
          if ((await store.removeDoomed(id)) === 0) continue
          tally.rows('Blob', 1)
          tally.blobRemoved(sizeBytes)
          log.debug({ digest, sizeBytes }, 'blob removed')
        }
      }
      return due.size > 0 ? 'more' : 'idle'
    }) satisfies Step,

    /** Uploads and mounts that no manifest followed in time. */
    expireUploads: (async () => {
      if (!(await store.hasExpiredUploads(clock.now()))) return 'idle'
      const ids = await database.db
        .transaction()
        .execute((tx) => blobGarbageStore(tx).removeExpiredUploads(clock.now(), uploadsAtOnce))
      if (ids.length === 0) return 'idle'
      tally.rows('UploadedBlob', ids.length)
      for (const id of ids) candidates.add(id)
      return 'more'
    }) satisfies Step,

    /**
     * What a crash left between its moves, so that no push waits for it: of this process, looked for
     * once after its start, and of another one whose lease ran out.
     */
    async finishDoomed(): Promise<void> {
      if (lease.takeInheritance()) looksForDoomed = true
      if (!looksForDoomed) return
      const last = await store.lastId()
      for (let after = 0; after < last; after += idsAtOnce) {
        for (const id of await store.listDoomed(after, after + idsAtOnce)) {
          candidates.add(id)
          unfinished.add(id)
        }
        await otherWork()
      }
      looksForDoomed = false
    },

    hasCandidates: (): boolean => candidates.size > 0 && !isHeld,

    restartSweep: (): void => void (sweptTo = 0),

    /** A stretch of all blobs; says when it came to the end. */
    async sweep(): Promise<{ isDone: boolean }> {
      if (isHeld) return { isDone: true }
      const page = await store.page(sweptTo, examinedAtOnce, clock.now())
      for (const { id, isReferred } of page) if (!isReferred) candidates.add(id)
      const isDone = page.length < examinedAtOnce
      sweptTo = isDone ? 0 : (page.at(-1)?.id ?? 0)
      return { isDone }
    },
  }
}
