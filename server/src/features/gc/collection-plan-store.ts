import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Queries that look at everything, a page at a time, and change nothing. */
export function collectionPlanStore(db: Db) {
  return {
    /** Every row, with what decides about it. */
    pageTags: (after: number, limit: number) =>
      db
        .selectFrom('tag')
        .innerJoin('repository', 'repository.id', 'tag.repository_id')
        .innerJoin('user', 'user.id', 'repository.namespace_user_id')
        .select([
          'tag.id',
          'tag.repository_id',
          'tag.manifest_id',
          'tag.lifetime_end_ms',
          'tag.hidden',
          'tag.immutable',
          'repository.state',
          'user.removed_tag_expiration_s as window_s',
        ])
        .where('tag.id', '>', after)
        .orderBy('tag.id')
        .limit(limit)
        .execute(),

    /** Repositories that are deleted, or whose namespace is; `purge_after` is that of the latter. */
    async pageDeletedRepositories(after: number, limit: number) {
      const marked = db
        .selectFrom('repository')
        .leftJoin(
          'deletednamespace',
          'deletednamespace.namespace_user_id',
          'repository.namespace_user_id',
        )
        .select(['repository.id', 'deletednamespace.purge_after'])
        .where('repository.state', '=', sql.lit('MARKED_FOR_DELETION'))
        .where('repository.id', '>', after)
        .orderBy('repository.id')
        .limit(limit)
      const inDeleted = db
        .selectFrom('deletednamespace')
        .innerJoin(
          'repository',
          'repository.namespace_user_id',
          'deletednamespace.namespace_user_id',
        )
        .select(['repository.id', 'deletednamespace.purge_after'])
        .where('repository.id', '>', after)
        .orderBy('repository.id')
        .limit(limit)
      const rows = [...(await marked.execute()), ...(await inDeleted.execute())]
      const found = new Map(rows.map((row) => [row.id, row.purge_after]))
      return [...found].sort(([a], [b]) => a - b).slice(0, limit)
    },

    pageManifestsOf: async (repositoryId: number, after: number, limit: number) => {
      const rows = await db
        .selectFrom('manifest')
        .select('id')
        .where('repository_id', '=', repositoryId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.id)
    },

    pageManifestsWith: async (blobId: number, after: number, limit: number) => {
      const rows = await db
        .selectFrom('manifest_blob')
        .select('manifest_id')
        .where('blob_id', '=', blobId)
        .where('manifest_id', '>', after)
        .orderBy('manifest_id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.manifest_id)
    },

    findWindow: async (repositoryId: number): Promise<number> => {
      const row = await db
        .selectFrom('repository')
        .innerJoin('user', 'user.id', 'repository.namespace_user_id')
        .select('user.removed_tag_expiration_s')
        .where('repository.id', '=', repositoryId)
        .executeTakeFirstOrThrow()
      return row.removed_tag_expiration_s
    },

    /** Repositories that a blob came to lately. */
    listUploadedTo: async (blobId: number, now: Instant) => {
      const rows = await db
        .selectFrom('uploadedblob')
        .select('repository_id')
        .where('blob_id', '=', blobId)
        .where('expires_at', '>', now)
        .execute()
      return rows.map((row) => row.repository_id)
    },

    /** Whether a bundle that came in without its base still keeps the blob. */
    isPinned: async (blobId: number, now: Instant): Promise<boolean> =>
      (await db
        .selectFrom('bundlepin')
        .select('blob_id')
        .where('blob_id', '=', blobId)
        .where('expires_at', '>', now)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    findBlob: (id: number) =>
      db
        .selectFrom('blob')
        .select(['digest', 'size_bytes', 'doomed'])
        .where('id', '=', id)
        .executeTakeFirst(),

    blobsOf: async (manifestId: number) => {
      const rows = await db
        .selectFrom('manifest_blob')
        .select('blob_id')
        .where('manifest_id', '=', manifestId)
        .execute()
      return rows.map((row) => row.blob_id)
    },

    pageUploadsTo: async (repositoryId: number, after: number, limit: number) => {
      const rows = await db
        .selectFrom('uploadedblob')
        .select('blob_id')
        .where('repository_id', '=', repositoryId)
        .where('blob_id', '>', after)
        .orderBy('blob_id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.blob_id)
    },

    /** Holds without end on a manifest and on its referrers, by id. */
    listEndlessHolds: async (manifest: {
      readonly id: number
      readonly repository_id: number
      readonly digest: string
    }) => {
      const holdsOn = db
        .selectFrom('tag')
        .select('tag.id')
        .where('tag.hidden', '=', 1)
        .where('tag.lifetime_end_ms', 'is', null)
      const rows = await holdsOn
        .where('tag.manifest_id', '=', manifest.id)
        .union(
          holdsOn
            .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
            .where('manifest.repository_id', '=', manifest.repository_id)
            .where('manifest.subject_digest', '=', manifest.digest),
        )
        .execute()
      return rows.map((row) => row.id)
    },
  }
}
