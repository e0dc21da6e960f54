import { sql, type Generated } from 'kysely'
import { prepared } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'

export interface BlobTable {
  id: Generated<number>
  digest: string
  size_bytes: number
  created_at: Instant
  /** 1 while the sweep removes the bytes: nothing may refer to the blob any more. */
  doomed: Generated<number>
}

/** "Uploaded or mounted here lately": protects a blob until a manifest refers to it. */
export interface UploadedBlobTable {
  repository_id: number
  blob_id: number
  uploaded_at: Instant
  expires_at: Instant
}

export interface BlobRow {
  readonly id: number
  readonly size_bytes: number
}

const findVisible = prepared<{ repository: number; digest: string; now: Instant }>()((param, db) =>
  db
    .selectFrom('blob')
    .select(['id', 'size_bytes'])
    .where('digest', '=', param('digest'))
    .where('doomed', '=', sql.lit(0))
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom('manifest_blob')
            .select('manifest_blob.blob_id')
            .whereRef('manifest_blob.blob_id', '=', 'blob.id')
            .where('manifest_blob.repository_id', '=', param('repository'))
            .where('manifest_blob.unlinked', '=', 0),
        ),
        eb.exists(
          eb
            .selectFrom('uploadedblob')
            .select('uploadedblob.blob_id')
            .whereRef('uploadedblob.blob_id', '=', 'blob.id')
            .where('uploadedblob.repository_id', '=', param('repository'))
            .where('uploadedblob.expires_at', '>', param('now')),
        ),
      ]),
    ),
)

/** Queries of `blob` and `uploadedblob`. */
export function blobStore(db: Db) {
  return {
    find: (digest: Digest) =>
      db
        .selectFrom('blob')
        .select(['id', 'size_bytes'])
        .where('digest', '=', digest)
        .where('doomed', '=', 0)
        .executeTakeFirst(),

    /**
     * Whether the sweep is removing the bytes. Waits for one that is about to decide: on PostgreSQL
     * it holds the row, on SQLite nobody writes in between.
     */
    isDoomed: async (digest: Digest): Promise<boolean> => {
      const row = await db
        .selectFrom('blob')
        .select('doomed')
        .where('digest', '=', digest)
        .$if(hasRowLocks(db), (query) => query.forKeyShare())
        .executeTakeFirst()
      return row?.doomed === 1
    },

    /** A blob that a manifest of the repository refers to, or that came there lately. */
    findVisible: async (
      repositoryId: number,
      digest: Digest,
      now: Instant,
    ): Promise<BlobRow | undefined> =>
      (await findVisible(db, { repository: repositoryId, digest, now }))[0],

    /** Repositories that hold a blob, at most `limit`: where an anonymous mount may come from. */
    async listHolders(blobId: number, now: Instant, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('manifest_blob')
        .select('repository_id')
        .where('blob_id', '=', blobId)
        .where('unlinked', '=', 0)
        .union(
          db
            .selectFrom('uploadedblob')
            .select('repository_id')
            .where('blob_id', '=', blobId)
            .where('expires_at', '>', now),
        )
        .limit(limit)
        .execute()
      return rows.map((row) => row.repository_id)
    },

    /** Records verified, durable content; safe to repeat. */
    async insert(digest: Digest, sizeBytes: number, now: Instant): Promise<number> {
      await db
        .insertInto('blob')
        .values({ digest, size_bytes: sizeBytes, created_at: now })
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute()
      const row = await db
        .selectFrom('blob')
        .select('id')
        .where('digest', '=', digest)
        .executeTakeFirstOrThrow()
      return row.id
    },

    /**
     * Makes a blob visible in a repository until `expiresAt`. False when there is no such blob, or
     * repository, any more: what is being removed takes no new reference. Both rows stay locked, so
     * that removing either waits for the end of this transaction.
     */
    async link(
      repositoryId: number,
      blobId: number,
      now: Instant,
      expiresAt: Instant,
    ): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('uploadedblob')
        .columns(['repository_id', 'blob_id', 'uploaded_at', 'expires_at'])
        .expression(
          db
            .selectFrom(['blob', 'repository'])
            .select([
              'repository.id as repository_id',
              'blob.id as blob_id',
              sql<number>`cast(${now} as bigint)`.as('uploaded_at'),
              sql<number>`cast(${expiresAt} as bigint)`.as('expires_at'),
            ])
            .where('blob.id', '=', blobId)
            .where('blob.doomed', '=', 0)
            .where('repository.id', '=', repositoryId)
            .where('repository.state', '!=', 'MARKED_FOR_DELETION')
            .$if(hasRowLocks(db), (query) => query.forKeyShare()),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['repository_id', 'blob_id'])
            .doUpdateSet({ uploaded_at: now, expires_at: expiresAt }),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    async unlink(repositoryId: number, blobId: number): Promise<void> {
      await db
        .deleteFrom('uploadedblob')
        .where('repository_id', '=', repositoryId)
        .where('blob_id', '=', blobId)
        .execute()
      await db
        .updateTable('manifest_blob')
        .set({ unlinked: 1 })
        .where('repository_id', '=', repositoryId)
        .where('blob_id', '=', blobId)
        .execute()
    },
  }
}

export function* inBatches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
