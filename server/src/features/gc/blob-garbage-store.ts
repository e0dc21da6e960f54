import { prepared } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'

export interface GarbageBlob {
  readonly id: number
  readonly digest: Digest
  readonly sizeBytes: number
  /** Its bytes are being removed already, or were when a collector was broken off. */
  readonly isDoomed: boolean
}

const findReference = prepared<{ blob: number; now: Instant }>()((param, db) =>
  db
    .selectFrom('blob')
    .select('blob.id')
    .where('blob.id', '=', param('blob'))
    .where((e) =>
      e.or([
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
            .where('uploadedblob.expires_at', '>', param('now')),
        ),
        e.exists(
          e
            .selectFrom('bundlepin')
            .select('bundlepin.blob_id')
            .whereRef('bundlepin.blob_id', '=', 'blob.id')
            .where('bundlepin.expires_at', '>', param('now')),
        ),
      ]),
    ),
)

/** Queries that find blobs which nothing refers to, and take them away. */
export function blobGarbageStore(db: Db) {
  return {
    /** Whether a manifest, a recent upload or a bundle that came in refers to the blob. */
    isReferred: async (blob: number, now: Instant): Promise<boolean> =>
      (await findReference(db, { blob, now })).length > 0,

    /** Keeps everybody from referring to the blob until the transaction ends. */
    async lock(id: number): Promise<GarbageBlob | undefined> {
      const row = await db
        .selectFrom('blob')
        .select(['id', 'digest', 'size_bytes', 'doomed'])
        .where('id', '=', id)
        .$if(hasRowLocks(db), (query) => query.forUpdate())
        .executeTakeFirst()
      return (
        row && {
          id: row.id,
          digest: parseDigest(row.digest),
          sizeBytes: row.size_bytes,
          isDoomed: row.doomed === 1,
        }
      )
    },

    /** Whether an upload is about to become this blob. */
    isAwaited: async (digest: Digest): Promise<boolean> =>
      (await db
        .selectFrom('blobupload')
        .select('uuid')
        .where('committing_digest', '=', digest)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    doom: (id: number) => db.updateTable('blob').set({ doomed: 1 }).where('id', '=', id).execute(),

    /** Forgets uploads of a blob; those that have not run out were looked for before. */
    async forgetUploads(blobId: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('uploadedblob')
        .where('blob_id', '=', blobId)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    async removeDoomed(id: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('blob')
        .where('id', '=', id)
        .where('doomed', '=', 1)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    /** The next `examine` blobs after `after`, by id. */
    async page(after: number, examine: number, now: Instant) {
      const rows = await db
        .selectFrom('blob')
        .select('blob.id')
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
        .where('blob.id', '>', after)
        .orderBy('blob.id')
        .limit(examine)
        .execute()
      return rows.map(({ id, is_referred }) => ({ id, isReferred: Boolean(is_referred) }))
    },

    /** Blobs of ids in `(after, upTo]` that a collector left behind when it was broken off. */
    listDoomed: async (after: number, upTo: number): Promise<number[]> => {
      const rows = await db
        .selectFrom('blob')
        .select('id')
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .where('doomed', '=', 1)
        .execute()
      return rows.map((row) => row.id)
    },

    /** The largest id; 0 without any blob. */
    lastId: async (): Promise<number> => {
      const { last } = await db
        .selectFrom('blob')
        .select((e) => e.fn.max<number | null>('id').as('last'))
        .executeTakeFirstOrThrow()
      return last ?? 0
    },

    hasExpiredUploads: async (now: Instant): Promise<boolean> =>
      (await db
        .selectFrom('uploadedblob')
        .select('blob_id')
        .where('expires_at', '<=', now)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** Removes marks of uploads that have run out. @returns the blobs they were on. */
    async removeExpiredUploads(now: Instant, limit: number): Promise<number[]> {
      const due = await db
        .selectFrom('uploadedblob')
        .select(['repository_id', 'blob_id'])
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
        .execute()
      for (const { repository_id, blob_id } of due) {
        await db
          .deleteFrom('uploadedblob')
          .where('repository_id', '=', repository_id)
          .where('blob_id', '=', blob_id)
          .where('expires_at', '<=', now)
          .execute()
      }
      return due.map((row) => row.blob_id)
    },

    /** The same for all uploads of a repository that is being purged. */
    async removeUploadsOf(repositoryId: number, limit: number): Promise<number[]> {
      const rows = await db
        .deleteFrom('uploadedblob')
        .where('repository_id', '=', repositoryId)
        .where('blob_id', 'in', (e) =>
          e
            .selectFrom('uploadedblob')
            .select('blob_id')
            .where('repository_id', '=', repositoryId)
            .limit(limit),
        )
        .returning('blob_id')
        .execute()
      return rows.map((row) => row.blob_id)
    },
  }
}
