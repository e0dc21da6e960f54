import { sql } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface ManifestNode {
  readonly id: number
  readonly repository_id: number
  readonly digest: string
  readonly subject_digest: string | null
}

const columns = ['id', 'repository_id', 'digest', 'subject_digest'] as const

const findNode = prepared<{ id: number }>()((param, db) =>
  db.selectFrom('manifest').select(columns).where('id', '=', param('id')),
)

const findByDigest = prepared<{ repository: number; digest: string }>()((param, db) =>
  db
    .selectFrom('manifest')
    .select(columns)
    .where('repository_id', '=', param('repository'))
    .where('digest', '=', param('digest')),
)

const listParents = prepared<{ repository: number; digest: string }>()((param, db) =>
  db
    .selectFrom('manifest_child')
    .innerJoin('manifest', 'manifest.id', 'manifest_child.manifest_id')
    .select(['manifest.id', 'manifest.repository_id', 'manifest.digest', 'manifest.subject_digest'])
    .where('manifest_child.repository_id', '=', param('repository'))
    .where('manifest_child.child_digest', '=', param('digest')),
)

export interface ReasonQuery {
  readonly manifest: number
  readonly now: Instant
  readonly cutoff: Instant
  /** 0 when immutable tags keep what they are on for ever. */
  readonly immutableAtMost: 0 | 1
  /** 1 when holds without end count too. */
  readonly endlessAtMost: 0 | 1
}

const findReason = prepared<ReasonQuery>()((param, db) =>
  db
    .selectFrom('tag')
    .select('id')
    .where('manifest_id', '=', param('manifest'))
    .where((e) =>
      e.or([
        e.and([e('lifetime_end_ms', 'is', null), e('hidden', '<=', param('endlessAtMost'))]),
        e.and([e('hidden', '=', 1), e('lifetime_end_ms', '>', param('now'))]),
        e.and([e('hidden', '=', 0), e('lifetime_end_ms', '>', param('cutoff'))]),
        e.and([e('hidden', '=', 0), e('immutable', '>', param('immutableAtMost'))]),
      ]),
    )
    .limit(sql.lit(1)),
)

const findEndlessHold = prepared<{ manifest: number }>()((param, db) =>
  db
    .selectFrom('tag')
    .select('id')
    .where('manifest_id', '=', param('manifest'))
    .where('lifetime_end_ms', 'is', null)
    .where('hidden', '=', 1)
    .limit(sql.lit(1)),
)

/** Queries along the edges between the manifests of a repository. */
export function reachabilityStore(db: Db) {
  return {
    findNode: async (id: number): Promise<ManifestNode | undefined> =>
      (await findNode(db, { id }))[0],

    findByDigest: async (repository: number, digest: string): Promise<ManifestNode | undefined> =>
      (await findByDigest(db, { repository, digest }))[0],

    /** Manifests that list this one as their child. */
    listParents: (repository: number, digest: string): Promise<ManifestNode[]> =>
      listParents(db, { repository, digest }),

    /** Whether a tag that lives or can be restored, or a hold that runs, is on the manifest. */
    hasReason: async (query: ReasonQuery): Promise<boolean> =>
      (await findReason(db, query)).length > 0,

    /** Whether a referrer still stands for itself; deleting it by digest ends that. */
    hasEndlessHold: async (manifest: number): Promise<boolean> =>
      (await findEndlessHold(db, { manifest })).length > 0,

    /** Manifests that are kept by this one: its children and its referrers. */
    async listKept({ id, repository_id, digest }: ManifestNode): Promise<number[]> {
      const rows = await db
        .selectFrom('manifest_child')
        .innerJoin('manifest as child', (join) =>
          join
            .onRef('child.digest', '=', 'manifest_child.child_digest')
            .onRef('child.repository_id', '=', 'manifest_child.repository_id'),
        )
        .select('child.id')
        .where('manifest_child.manifest_id', '=', id)
        .union(
          db
            .selectFrom('manifest')
            .select('id')
            .where('repository_id', '=', repository_id)
            .where('subject_digest', '=', digest),
        )
        .execute()
      return rows.map((row) => row.id)
    },

    /**
     * The next `examine` manifests after `after`, by id; `isHeld` when some tag or hold may keep one
     * without looking further.
     */
    async page(after: number, examine: number, now: Instant) {
      const rows = await db
        .selectFrom('manifest')
        .select(['manifest.id', 'manifest.repository_id'])
        .select((e) =>
          e
            .exists(
              e
                .selectFrom('tag')
                .select('tag.id')
                .whereRef('tag.manifest_id', '=', 'manifest.id')
                .where((tag) =>
                  tag.or([
                    tag('tag.hidden', '=', 0),
                    tag('tag.lifetime_end_ms', 'is', null),
                    tag('tag.lifetime_end_ms', '>', now),
                  ]),
                ),
            )
            .as('is_held'),
        )
        .where('manifest.id', '>', after)
        .orderBy('manifest.id')
        .limit(examine)
        .execute()
      // SQLite has no booleans of its own.
      return rows.map(({ id, repository_id, is_held }) => ({
        id,
        repositoryId: repository_id,
        isHeld: Boolean(is_held),
      }))
    },
  }
}
