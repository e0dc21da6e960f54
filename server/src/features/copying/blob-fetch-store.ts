import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'

/** Where the bytes wait of a blob that is being fetched, or was when that was broken off. */
export interface BlobFetchTable {
  digest: string
  upload_uuid: string
  /** The process that fetches it. */
  holder: string
  changed_at: Instant
}

/** Queries of `blobfetch`. The bytes themselves are the storage's. */
export function blobFetchStore(db: Db) {
  return {
    /**
     * Takes the right to fetch the digest, from whoever gave no sign since `silentSince`.
     * @returns the upload that has what came so far, which may be gone; undefined when somebody else
     *   is at it.
     */
    async claim(
      digest: Digest,
      { uploadId, holder, now }: { uploadId: string; holder: string; now: Instant },
      silentSince: Instant,
    ): Promise<string | undefined> {
      const row = await db
        .insertInto('blobfetch')
        .values({ digest, upload_uuid: uploadId, holder, changed_at: now })
        .onConflict((conflict) =>
          conflict
            .column('digest')
            .doUpdateSet({ holder, changed_at: now })
            .where((e) =>
              e.or([
                e('blobfetch.holder', '=', holder),
                e('blobfetch.changed_at', '<=', silentSince),
              ]),
            ),
        )
        .returning('upload_uuid')
        .executeTakeFirst()
      return row?.upload_uuid
    },

    /** The fetch starts over, or goes on. */
    update: (digest: Digest, holder: string, uploadId: string, now: Instant) =>
      db
        .updateTable('blobfetch')
        .set({ upload_uuid: uploadId, changed_at: now })
        .where('digest', '=', digest)
        .where('holder', '=', holder)
        .execute(),

    hasUpload: async (uploadId: string): Promise<boolean> =>
      (await db
        .selectFrom('blobfetch')
        .select('digest')
        .where('upload_uuid', '=', uploadId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    listOlderThan: (instant: Instant, after: Instant, limit: number) =>
      db
        .selectFrom('blobfetch')
        .select(['digest', 'upload_uuid', 'changed_at'])
        .where('changed_at', '<', instant)
        .where('changed_at', '>', after)
        .orderBy('changed_at')
        .limit(limit)
        .execute(),

    /** Unless the digest waits somewhere else by now. */
    delete: (digest: string, uploadId: string) =>
      db
        .deleteFrom('blobfetch')
        .where('digest', '=', digest)
        .where('upload_uuid', '=', uploadId)
        .execute(),
  }
}
