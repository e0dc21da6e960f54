import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** A tag of a cache, past or present, that may go when room is needed. */
export interface Dispensable {
  readonly id: number
  readonly repository_id: number
  readonly manifest_id: number
  readonly name: string
  readonly live_name: string | null
  readonly hidden: number
  readonly lifetime_end_ms: Instant
}

/** A place in the order of ends. */
export interface EndsAt {
  readonly end: Instant
  readonly id: number
}

/** The moments up to which an end is over for good: of holds, and of tags with their history. */
export interface Over {
  readonly holds: Instant
  readonly tags: Instant
}

export interface WeighedBlob {
  readonly digest: string
  readonly sizeBytes: number
}

/** Queries of what a cache holds, and of what holds on to it. */
export function roomStore(db: Db) {
  return {
    /** What the distinct blobs take that manifests of the namespace refer to. */
    async linkedBytes(namespaceId: number): Promise<number> {
      const { bytes } = await db
        .selectFrom('blob')
        .select(sql<number | string>`coalesce(sum(blob.size_bytes), 0)`.as('bytes'))
        .where('blob.id', 'in', (e) =>
          e
            .selectFrom('manifest_blob')
            .select('manifest_blob.blob_id')
            .where('manifest_blob.namespace_user_id', '=', namespaceId),
        )
        .executeTakeFirstOrThrow()
      return Number(bytes)
    },

    findWindowMs: async (namespaceId: number): Promise<number> => {
      const row = await db
        .selectFrom('user')
        .select('removed_tag_expiration_s')
        .where('id', '=', namespaceId)
        .executeTakeFirst()
      return (row?.removed_tag_expiration_s ?? 0) * 1_000
    },

    /** What is not over and ends after `after`, the nearest end first. */
    listByEnd: async (
      namespaceId: number,
      over: Over,
      after: EndsAt,
      limit: number,
    ): Promise<readonly Dispensable[]> => {
      const rows = await db
        .selectFrom('repository')
        .innerJoin('tag', 'tag.repository_id', 'repository.id')
        .select(['tag.id', 'tag.repository_id', 'tag.manifest_id', 'tag.name', 'tag.live_name'])
        .select(['tag.hidden', sql<number>`tag.lifetime_end_ms`.as('lifetime_end_ms')])
        .where('repository.namespace_user_id', '=', namespaceId)
        .where('tag.lifetime_end_ms', 'is not', null)
        .where('tag.immutable', '=', 0)
        .where((e) => e.or([e('tag.hidden', '=', 0), e('tag.lifetime_end_ms', '>', over.holds)]))
        .where(
          sql<boolean>`(tag.lifetime_end_ms, tag.id) > (cast(${after.end} as bigint), cast(${after.id} as bigint))`,
        )
        .orderBy('tag.lifetime_end_ms')
        .orderBy('tag.id')
        .limit(limit)
        .execute()
      return rows
    },

    /** Rows that keep a manifest: those without an end, and those whose end is not over. */
    listKeeping: async (manifestId: number, over: Over): Promise<number[]> => {
      const rows = await db
        .selectFrom('tag')
        .select('id')
        .where('manifest_id', '=', manifestId)
        .where((e) =>
          e.or([
            e('lifetime_end_ms', 'is', null),
            e.and([e('hidden', '=', 1), e('lifetime_end_ms', '>', over.holds)]),
            e.and([e('hidden', '=', 0), e('lifetime_end_ms', '>', over.tags)]),
          ]),
        )
        .execute()
      return rows.map((row) => row.id)
    },

    listChildren: async (repositoryId: number, manifestId: number): Promise<number[]> => {
      const rows = await db
        .selectFrom('manifest_child')
        .innerJoin('manifest', (join) =>
          join
            .onRef('manifest.digest', '=', 'manifest_child.child_digest')
            .onRef('manifest.repository_id', '=', 'manifest_child.repository_id'),
        )
        .select('manifest.id')
        .where('manifest_child.manifest_id', '=', manifestId)
        .where('manifest_child.repository_id', '=', repositoryId)
        .execute()
      return rows.map((row) => row.id)
    },

    listParents: async (repositoryId: number, manifestId: number): Promise<number[]> => {
      const rows = await db
        .selectFrom('manifest as child')
        .innerJoin('manifest_child', (join) =>
          join
            .onRef('manifest_child.child_digest', '=', 'child.digest')
            .onRef('manifest_child.repository_id', '=', 'child.repository_id'),
        )
        .select('manifest_child.manifest_id')
        .where('child.id', '=', manifestId)
        .where('child.repository_id', '=', repositoryId)
        .execute()
      return rows.map((row) => row.manifest_id)
    },

    /** Blobs of a manifest with everything in the namespace that refers to each; missing ones too. */
    async listBlobs(
      namespaceId: number,
      manifestId: number,
    ): Promise<readonly (WeighedBlob & { readonly manifests: readonly number[] })[]> {
      const here = await db
        .selectFrom('manifest_blob as mine')
        .innerJoin('blob', 'blob.id', 'mine.blob_id')
        .innerJoin('manifest_blob as any', 'any.blob_id', 'mine.blob_id')
        .select(['blob.digest', 'blob.size_bytes', 'any.manifest_id'])
        .where('mine.manifest_id', '=', manifestId)
        .where('any.namespace_user_id', '=', namespaceId)
        .execute()
      const missing = await db
        .selectFrom('proxycacheblob as mine')
        .innerJoin('proxycacheblob as any', (join) =>
          join
            .onRef('any.digest', '=', 'mine.digest')
            .onRef('any.namespace_user_id', '=', 'mine.namespace_user_id'),
        )
        .select(['mine.digest', 'mine.size_bytes', 'any.manifest_id'])
        .where('mine.manifest_id', '=', manifestId)
        .execute()
      const byDigest = Map.groupBy([...here, ...missing], (row) => row.digest)
      return Array.from(byDigest, ([digest, rows]) => ({
        digest,
        sizeBytes: rows[0]?.size_bytes ?? 0,
        manifests: [...new Set(rows.map((row) => row.manifest_id))],
      }))
    },

    /** Ends a tag outside of the time machine's window, so that the collector takes it next. */
    async endForGood(tag: Dispensable, end: Instant): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('tag')
        .set({ lifetime_end_ms: end, live_name: null })
        .where('id', '=', tag.id)
        .where('immutable', '=', 0)
        .where('lifetime_end_ms', '=', tag.lifetime_end_ms)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
  }
}
