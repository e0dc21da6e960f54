import type { Generated } from 'kysely'
import { prepared } from '../../db/prepared.ts'
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
        .executeTakeFirst(),

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

    /** Makes a blob visible in a repository until `expiresAt`, or longer when it was already. */
    link: (repositoryId: number, blobId: number, now: Instant, expiresAt: Instant) =>
      db
        .insertInto('uploadedblob')
        .values({
          repository_id: repositoryId,
          blob_id: blobId,
          uploaded_at: now,
          expires_at: expiresAt,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['repository_id', 'blob_id'])
            .doUpdateSet({ uploaded_at: now, expires_at: expiresAt }),
        )
        .execute(),

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
