import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'

export interface CachedTag {
  readonly id: number
  readonly manifest_id: number
  readonly digest: string
  readonly media_type: string
  readonly immutable: number
  readonly lifetime_end_ms: Instant | null
}

const findTag = prepared<{ repository: number; tag: string }>()((param, db) =>
  db
    .selectFrom('tag')
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select([
      'tag.id',
      'tag.manifest_id',
      'tag.immutable',
      'tag.lifetime_end_ms',
      'manifest.digest',
      'manifest.media_type',
    ])
    .where('tag.repository_id', '=', param('repository'))
    .where('tag.live_name', '=', param('tag')),
)

const listParents = prepared<{ repository: number; digest: string }>()((param, db) =>
  db
    .selectFrom('manifest_child')
    .innerJoin('manifest', 'manifest.id', 'manifest_child.manifest_id')
    .select(['manifest.id', 'manifest.digest'])
    .where('manifest_child.repository_id', '=', param('repository'))
    .where('manifest_child.child_digest', '=', param('digest')),
)

const listEnds = prepared<{ manifest: number; now: Instant }>()((param, db) =>
  db
    .selectFrom('tag')
    .select(['id', 'lifetime_end_ms'])
    .where('manifest_id', '=', param('manifest'))
    .where('lifetime_end_ms', '>', param('now'))
    .where('immutable', '=', 0)
    .where((e) => e.or([e('live_name', 'is not', null), e('hidden', '=', 1)])),
)

/** Indexes within indexes go no deeper than this. */
const mostAncestors = 100

/** Queries of the tags of a cache, and of how long they live. */
export function cachedManifestStore(db: Db) {
  return {
    /** The row that carries the name, even when its time has run out. */
    findTag: async (repositoryId: number, tag: string): Promise<CachedTag | undefined> =>
      (await findTag(db, { repository: repositoryId, tag }))[0],

    /** Tags and holds with an end on a manifest and on the indexes above it. */
    async listEnds(
      repositoryId: number,
      manifest: { readonly id: number; readonly digest: Digest | string },
      now: Instant,
    ): Promise<{ readonly id: number; readonly end: Instant }[]> {
      const seen = new Map([[manifest.id, manifest.digest]])
      const ends: { id: number; end: Instant }[] = []
      for (const [id, digest] of seen) {
        for (const row of await listEnds(db, { manifest: id, now })) {
          ends.push({ id: row.id, end: row.lifetime_end_ms ?? 0 })
        }
        for (const parent of await listParents(db, { repository: repositoryId, digest })) {
          if (seen.size < mostAncestors) seen.set(parent.id, parent.digest)
        }
      }
      return ends
    },

    setEnds: async (ids: readonly number[], end: Instant | null): Promise<void> => {
      if (ids.length === 0) return
      await db
        .updateTable('tag')
        .set({ lifetime_end_ms: end })
        .where('id', 'in', ids)
        .where('immutable', '=', 0)
        .execute()
    },

    /** Of the tag that was just pointed at the manifest. */
    async setTagEnd(repositoryId: number, tag: string, end: Instant | null): Promise<void> {
      await db
        .updateTable('tag')
        .set({ lifetime_end_ms: end })
        .where('repository_id', '=', repositoryId)
        .where('live_name', '=', tag)
        .where('immutable', '=', 0)
        .execute()
    },

    /** Of the holds that keep it, also of those that would keep a referrer for ever. */
    async setHoldEnds(manifestId: number, end: Instant | null, now: Instant): Promise<void> {
      await db
        .updateTable('tag')
        .set({ lifetime_end_ms: end })
        .where('manifest_id', '=', manifestId)
        .where('hidden', '=', 1)
        .where((e) => e.or([e('lifetime_end_ms', 'is', null), e('lifetime_end_ms', '>', now)]))
        .execute()
    },
  }
}
