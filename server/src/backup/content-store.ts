import type { Db } from '../db/tables.ts'
import type { Instant } from '../platform/clock.ts'
import { parseDigest, type Digest } from '../storage/digest.ts'

export interface ListedBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** A manifest, or an upload that a manifest is about to follow, needs it. */
  readonly isReferred: boolean
}

/** The content that a database knows of. */
export function contentStore(db: Db) {
  return {
    /** The next blobs by their digest; those whose bytes are being removed are left out. */
    async page(after: string, limit: number, now: Instant): Promise<readonly ListedBlob[]> {
      const rows = await db
        .selectFrom('blob')
        .select(['digest', 'size_bytes'])
        .select((e) =>
          e
            .or([
              e.exists(
                e
                  .selectFrom('manifest_blob')
                  .select('manifest_blob.blob_id')
                  .whereRef('manifest_blob.blob_id', '=', 'blob.id'),
              ),
              e.exists(
                e
                  .selectFrom('uploadedblob')
                  .select('uploadedblob.blob_id')
                  .whereRef('uploadedblob.blob_id', '=', 'blob.id')
                  .where('uploadedblob.expires_at', '>', now),
              ),
              e.exists(
                e
                  .selectFrom('bundlepin')
                  .select('bundlepin.blob_id')
                  .whereRef('bundlepin.blob_id', '=', 'blob.id')
                  .where('bundlepin.expires_at', '>', now),
              ),
            ])
            .as('is_referred'),
        )
        .where('digest', '>', after)
        .where('doomed', '=', 0)
        .orderBy('digest')
        .limit(limit)
        .execute()
      return rows.map(({ digest, size_bytes, is_referred }) => ({
        digest: parseDigest(digest),
        sizeBytes: size_bytes,
        isReferred: Boolean(is_referred),
      }))
    },
  }
}
