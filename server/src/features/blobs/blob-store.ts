import { sql, type Generated } from 'kysely'
import { prepared, preparedWrite } from '../../db/prepared.ts'
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

const find = prepared<{ digest: string }>()((param, db) =>
  db
    .selectFrom('blob')
    .select(['id', 'size_bytes'])
    .where('digest', '=', param('digest'))
    .where('doomed', '=', sql.lit(0)),
)

const findDoomed = prepared<{ digest: string }>()((param, db) =>
  db
    .selectFrom('blob')
    .select('doomed')
    .where('digest', '=', param('digest'))
    .$if(hasRowLocks(db), (query) => query.forKeyShare()),
)

const findId = prepared<{ digest: string }>()((param, db) =>
  db.selectFrom('blob').select('id').where('digest', '=', param('digest')),
)

const insertBlob = preparedWrite<{ digest: string; size: number; now: Instant }>()((param, db) =>
  db
    .insertInto('blob')
    .values({ digest: param('digest'), size_bytes: param('size'), created_at: param('now') })
    .onConflict((conflict) => conflict.column('digest').doNothing()),
)

interface LinkValues {
  readonly repository: number
  readonly blob: number
  readonly now: Instant
  readonly expiresAt: Instant
}

const insertLink = preparedWrite<LinkValues>()((param, db) =>
  db
    .insertInto('uploadedblob')
    .columns(['repository_id', 'blob_id', 'uploaded_at', 'expires_at'])
    .expression(
      db
        .selectFrom(['blob', 'repository'])
        .select([
          'repository.id as repository_id',
          'blob.id as blob_id',
          sql<number>`cast(${param('now')} as bigint)`.as('uploaded_at'),
          sql<number>`cast(${param('expiresAt')} as bigint)`.as('expires_at'),
        ])
        .where('blob.id', '=', param('blob'))
        .where('blob.doomed', '=', sql.lit(0))
        .where('repository.id', '=', param('repository'))
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .$if(hasRowLocks(db), (query) => query.forKeyShare()),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['repository_id', 'blob_id'])
        .doUpdateSet({ uploaded_at: param('now'), expires_at: param('expiresAt') }),
    ),
)

/** Queries of `blob` and `uploadedblob`. */
export function blobStore(db: Db) {
  return {
    find: async (digest: Digest): Promise<BlobRow | undefined> => (await find(db, { digest }))[0],

    /**
     * Whether the sweep is removing the bytes. Waits for one that is about to decide: on PostgreSQL
     * it holds the row, on SQLite nobody writes in between.
     */
    isDoomed: async (digest: Digest): Promise<boolean> =>
      (await findDoomed(db, { digest }))[0]?.doomed === 1,

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
      await insertBlob(db, { digest, size: sizeBytes, now })
      const [row] = await findId(db, { digest })
      if (row === undefined) throw new Error(`blob ${digest} is gone in its own transaction`)
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
      return (
        (await insertLink(db, { repository: repositoryId, blob: blobId, now, expiresAt })) === 1
      )
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
