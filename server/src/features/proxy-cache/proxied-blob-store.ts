import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { inBatches } from '../blobs/blob-store.ts'

/** A blob that a cached manifest refers to, and that has not been fetched for its repository. */
export interface ProxiedBlobTable {
  repository_id: number
  digest: string
  manifest_id: number
  namespace_user_id: number
  size_bytes: number
  /** When it is fetched ahead; null: only when a client asks for it. */
  due_at: Instant | null
}

export interface MissingBlob {
  readonly digest: Digest
  readonly sizeBytes: number
}

export interface DueBlob extends MissingBlob {
  readonly repositoryId: number
}

/** Queries of `proxycacheblob`. */
export function proxiedBlobStore(db: Db) {
  const of = (repositoryId: number, digest: string) =>
    db
      .selectFrom('proxycacheblob')
      .where('repository_id', '=', repositoryId)
      .where('digest', '=', digest)

  return {
    find: (repositoryId: number, digest: string): Promise<{ size_bytes: number } | undefined> =>
      of(repositoryId, digest).select('size_bytes').limit(1).executeTakeFirst(),

    listManifests: async (repositoryId: number, digest: string): Promise<number[]> => {
      const rows = await of(repositoryId, digest).select('manifest_id').execute()
      return rows.map((row) => row.manifest_id)
    },

    async insert(
      manifest: { readonly repositoryId: number; readonly id: number },
      blobs: readonly MissingBlob[],
      dueAt: Instant | null,
    ): Promise<void> {
      for (const some of inBatches(blobs, 200)) {
        await db
          .insertInto('proxycacheblob')
          .values((e) =>
            some.map(({ digest, sizeBytes }) => ({
              repository_id: manifest.repositoryId,
              digest,
              manifest_id: manifest.id,
              namespace_user_id: e
                .selectFrom('repository')
                .select('namespace_user_id')
                .where('id', '=', manifest.repositoryId)
                .$asScalar()
                .$notNull(),
              size_bytes: sizeBytes,
              due_at: dueAt,
            })),
          )
          .onConflict((conflict) =>
            conflict.columns(['repository_id', 'digest', 'manifest_id']).doNothing(),
          )
          .execute()
      }
    },

    /** It is here now. */
    remove: (repositoryId: number, digest: string) =>
      db
        .deleteFrom('proxycacheblob')
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .execute(),

    setDue: (repositoryId: number, digest: string, dueAt: Instant | null) =>
      db
        .updateTable('proxycacheblob')
        .set({ due_at: dueAt })
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .execute(),

    /** The longest due first. */
    listDue: (now: Instant, limit: number) =>
      db
        .selectFrom('proxycacheblob')
        .select(['repository_id', 'digest', 'size_bytes'])
        .where('due_at', 'is not', null)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .execute(),

    /** What fetching the missing blobs would add to the namespace. */
    async missingBytes(namespaceId: number): Promise<number> {
      const { bytes } = await db
        .selectFrom((from) =>
          from
            .selectFrom('proxycacheblob')
            .select(['digest'])
            .select((e) => e.fn.max('size_bytes').as('size_bytes'))
            .where('namespace_user_id', '=', namespaceId)
            .groupBy('digest')
            .as('missing'),
        )
        .select(sql<number | string>`coalesce(sum(missing.size_bytes), 0)`.as('bytes'))
        .executeTakeFirstOrThrow()
      return Number(bytes)
    },
  }
}
