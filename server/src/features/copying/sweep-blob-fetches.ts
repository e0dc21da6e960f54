import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { isDigest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { Step } from '../../work/worker.ts'
import type { BlobFetches } from './blob-fetch.ts'
import { blobFetchStore } from './blob-fetch-store.ts'

const batchSize = 200

/** Gives up what was fetched of blobs that nobody has gone on with. */
export function sweepBlobFetches({
  db,
  storage,
  fetches,
  clock,
  lifeMs,
  log,
}: {
  db: Db
  storage: Pick<BlobStorage, 'abort'>
  fetches: Pick<BlobFetches, 'follow'>
  clock: Clock
  lifeMs: number
  log: Logger
}): Step {
  const store = blobFetchStore(db)
  return async (stopping) => {
    let swept = 0
    let after = Number.MIN_SAFE_INTEGER
    for (;;) {
      const stale = await store.listOlderThan(clock.now() - lifeMs, after, batchSize)
      for (const { digest, upload_uuid: uploadId } of stale) {
        if (isDigest(digest) && fetches.follow(digest) !== undefined) continue
        await storage.abort(uploadId)
        await store.delete(digest, uploadId)
        swept += 1
      }
      after = stale.at(-1)?.changed_at ?? after
      if (stale.length < batchSize || stopping?.aborted === true) break
    }
    if (swept > 0) log.info({ count: swept }, 'unfinished fetches removed')
    return 'idle'
  }
}
