import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { parseDigest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { Step } from '../../work/worker.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { blobFetchStore } from '../copying/blob-fetch-store.ts'
import { uploadStore, type BlobUploadTable } from './upload-store.ts'

const batchSize = 200
/** A file without a row belongs to a request under way or to a crash; after this it is the latter. */
const orphanAgeMs = 3_600_000
/** A commit sends one blob, to a bucket at most; one that began earlier than this was broken off. */
const longestCommitMs = 86_400_000

/**
 * Finishes what a crash interrupted between renaming verified bytes to their blob and recording it:
 * content that is there is recorded, an upload that is still an upload waits for its client, if it has
 * one. Runs once before the server listens: then nobody commits who uses this data directory. Others
 * may use the same PostgreSQL database, so what began there lately is left to them, and to the sweep.
 */
export async function recoverCommits(
  database: Database,
  storage: BlobStorage,
  clock: Clock,
  log: Logger,
): Promise<void> {
  const isAlone = database.dialect === 'sqlite'
  const before = isAlone ? Number.MAX_SAFE_INTEGER : clock.now() - longestCommitMs
  await recoverOlderThan(before, { database, storage, clock, log })
}

async function recoverOlderThan(
  before: Instant,
  {
    database: { db },
    storage,
    clock,
    log,
  }: { database: Database; storage: BlobStorage; clock: Clock; log: Logger },
): Promise<void> {
  const uploads = uploadStore(db)
  let page = await uploads.listCommitting(before, '', batchSize)
  while (page.length > 0) {
    for (const { uuid, committing_digest: text, ...row } of page) {
      if (text === null) continue
      if ((await storage.uploadSize(uuid)) !== undefined) {
        if (isNobodys(row)) await giveUp(uuid)
        continue
      }
      const digest = parseDigest(text)
      const sizeBytes = await storage.stat(digest)
      await db.transaction().execute(async (tx) => {
        if (sizeBytes !== undefined) await blobStore(tx).insert(digest, sizeBytes, clock.now())
        await uploadStore(tx).delete(uuid)
        await blobFetchStore(tx).delete(digest, uuid)
      })
      log.info({ upload: uuid, digest, kept: sizeBytes !== undefined }, 'upload recovered')
    }
    page = await uploads.listCommitting(before, page.at(-1)?.uuid ?? '', batchSize)
  }

  /** Whoever wants the content fetches it again, or goes on with a fetch that is remembered. */
  async function giveUp(uuid: string): Promise<void> {
    if (!(await blobFetchStore(db).hasUpload(uuid))) await storage.abort(uuid)
    await uploads.delete(uuid)
    log.info({ upload: uuid }, 'unfinished upload removed')
  }
}

/** Recorded only when it was about to become a blob: no client was told of it, so none comes back. */
function isNobodys({
  byte_count: bytes,
  created_at: created,
  updated_at: updated,
}: Pick<BlobUploadTable, 'created_at' | 'updated_at'> & { byte_count: number }): boolean {
  return bytes === 0 && created === updated
}

/** Removes uploads that nobody continued or finished, and upload files that no row knows. */
export function sweepUploads({
  database,
  storage,
  clock,
  lifeMs,
  log,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  lifeMs: number
  log: Logger
}): Step {
  const uploads = uploadStore(database.db)
  const fetches = blobFetchStore(database.db)
  return async () => {
    const begunAtLatest = clock.now() - longestCommitMs
    await recoverOlderThan(begunAtLatest, { database, storage, clock, log })
    const stale = await uploads.listOlderThan(clock.now() - lifeMs, begunAtLatest, batchSize)
    for (const { uuid } of stale) {
      await storage.abort(uuid)
      await uploads.delete(uuid)
    }
    for (const { id, changedAt } of await storage.listUploads()) {
      if (changedAt >= clock.now() - orphanAgeMs || (await uploads.exists(id))) continue
      if (await fetches.hasUpload(id)) continue
      await storage.abort(id)
      log.info({ upload: id }, 'orphaned upload removed')
    }
    if (stale.length > 0) log.info({ count: stale.length }, 'stale uploads removed')
    return stale.length === batchSize ? 'more' : 'idle'
  }
}
