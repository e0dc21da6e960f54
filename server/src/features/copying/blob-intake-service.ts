import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { uploadStore } from '../uploads/upload-store.ts'
import { CopyFault } from './copy-fault.ts'
import { blobFetchStore } from './blob-fetch-store.ts'

export interface Wanted {
  readonly digest: Digest
  readonly sizeBytes: number
}

export interface Received {
  readonly uploadId: string
  /** Whether `blobfetch` has a row of it. */
  readonly isRemembered: boolean
}

/**
 * How long a fetch waits for the sweep to finish with bytes of the same digest: longer than the lease of
 * one whose machine crashed.
 */
const doomedAtMostMs = 120_000
const doomedLookMs = 50

export type BlobIntake = ReturnType<typeof createBlobIntake>

/** How bytes that the server fetched itself become blobs of a repository, as those that were pushed do. */
export function createBlobIntake({
  database,
  storage,
  clock,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
}) {
  const blobs = blobStore(database.db)
  const uploads = uploadStore(database.db)

  /** @throws Problem `upload-busy` when a sweep that was broken off has yet to be finished. */
  async function untilNotDoomed(digest: Digest): Promise<void> {
    for (let waitedMs = 0; await blobs.isDoomed(digest); waitedMs += doomedLookMs) {
      if (waitedMs >= doomedAtMostMs) throw new Problem('upload-busy', { digest })
      await delay(doomedLookMs)
    }
  }

  return {
    untilNotDoomed,

    /** @throws CopyFault when the blob is here, and of another size. */
    async isPresent({ digest, sizeBytes }: Wanted): Promise<boolean> {
      if ((await blobs.find(digest)) === undefined) return false
      const present = await storage.stat(digest)
      if (present === undefined) return false
      if (present === sizeBytes) return true
      throw new CopyFault(
        'size-mismatch',
        `${digest} has ${String(present)} bytes, not ${String(sizeBytes)} as announced`,
      )
    },

    /**
     * Makes a blob that is here one of the repository. False when it has just been removed.
     * @throws Problem `repository-unknown`
     */
    async link(repositoryId: number, digest: Digest, holdMs: number): Promise<boolean> {
      const now = clock.now()
      const blob = await blobs.find(digest)
      if (blob === undefined) return false
      if (await blobs.link(repositoryId, blob.id, now, now + holdMs)) return true
      if ((await blobs.find(digest)) === undefined) return false
      throw new Problem('repository-unknown', {})
    },

    /**
     * Verifies a whole upload and makes it the blob, for the repository that wanted it first. A crash
     * on the way is made up for as that of a push is.
     * @returns whether the repository has it; false when that was deleted meanwhile.
     */
    async commit(
      { uploadId, isRemembered }: Received,
      digest: Digest,
      repositoryId: number,
      holdMs: number,
    ): Promise<boolean> {
      const begun = clock.now()
      if (!(await uploads.insertCommitting(uploadId, repositoryId, digest, begun))) {
        throw new Problem('repository-unknown', {})
      }
      await untilNotDoomed(digest)
      let sizeBytes: number
      try {
        sizeBytes = await storage.commit(uploadId, digest)
      } catch (error) {
        await uploads.delete(uploadId)
        throw error
      }
      return database.db.transaction().execute(async (tx) => {
        const now = clock.now()
        const blobId = await blobStore(tx).insert(digest, sizeBytes, now)
        const isLinked = await blobStore(tx).link(repositoryId, blobId, now, now + holdMs)
        await uploadStore(tx).delete(uploadId)
        if (isRemembered) await blobFetchStore(tx).delete(digest, uploadId)
        return isLinked
      })
    },
  }
}
