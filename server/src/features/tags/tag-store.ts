import type { Generated } from 'kysely'
import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { RepositoryState } from '../repositories/repository-store.ts'

export interface TagTable {
  id: Generated<number>
  repository_id: number
  name: string
  /** The name while the tag lives, null once it is closed: history never slows a look-up down. */
  live_name: string | null
  manifest_id: number
  lifetime_start_ms: Instant
  lifetime_end_ms: Instant | null
  hidden: Generated<number>
  reversion: Generated<number>
  immutable: Generated<number>
}

export interface LiveTag {
  readonly id: number
  readonly manifest_id: number
  readonly immutable: number
  readonly lifetime_start_ms: Instant
  readonly lifetime_end_ms: Instant | null
}

export interface NewTag {
  readonly repositoryId: number
  readonly name: string
  readonly manifestId: number
  readonly start: Instant
  readonly end: Instant | null
  readonly isImmutable?: boolean
  /** Set back to what it was before. */
  readonly isReversion?: boolean
}

const listNames = prepared<{
  repository: number
  after: string
  limit: number
  now: Instant
}>()((param, db) =>
  db
    .selectFrom('tag')
    .select('live_name')
    .where('repository_id', '=', param('repository'))
    .where('live_name', '>', param('after'))
    .where((eb) =>
      eb.or([eb('lifetime_end_ms', 'is', null), eb('lifetime_end_ms', '>', param('now'))]),
    )
    .orderBy('live_name')
    .limit(param('limit')),
)

/** Queries of `tag`: the tags of a repository with their history, and the hidden holds on manifests. */
export function tagStore(db: Db) {
  return {
    /** The row that carries the name, even when its time has run out and nobody closed it yet. */
    findCurrent: (repositoryId: number, name: string): Promise<LiveTag | undefined> =>
      db
        .selectFrom('tag')
        .select(['id', 'manifest_id', 'immutable', 'lifetime_start_ms', 'lifetime_end_ms'])
        .where('repository_id', '=', repositoryId)
        .where('live_name', '=', name)
        .executeTakeFirst(),

    /**
     * Serializes tag changes of one repository: on PostgreSQL by a row lock, on SQLite it is so anyway.
     * @returns the state of the repository; undefined when it is gone.
     */
    lockRepository: async (repositoryId: number): Promise<RepositoryState | undefined> => {
      const row = await db
        .updateTable('repository')
        .set((eb) => ({ state: eb.ref('state') }))
        .where('id', '=', repositoryId)
        .returning('state')
        .executeTakeFirst()
      return row?.state
    },

    findDigestOf: async (manifestId: number): Promise<string | undefined> => {
      const row = await db
        .selectFrom('manifest')
        .select('digest')
        .where('id', '=', manifestId)
        .executeTakeFirst()
      return row?.digest
    },

    hasHistory: async (repositoryId: number, name: string) =>
      (await db
        .selectFrom('tag')
        .select('id')
        .where('repository_id', '=', repositoryId)
        .where('name', '=', name)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** Names of live tags in the order of their bytes. */
    async listNames(repositoryId: number, after: string, limit: number, now: Instant) {
      const rows = await listNames(db, { repository: repositoryId, after, limit, now })
      return rows.flatMap((row) => row.live_name ?? [])
    },

    /** Visible live tags on a manifest. */
    listLiveOf: (manifestId: number, now: Instant) =>
      db
        .selectFrom('tag')
        .select(['id', 'name', 'immutable', 'lifetime_end_ms'])
        .where('manifest_id', '=', manifestId)
        .where('live_name', 'is not', null)
        .where((eb) => eb.or([eb('lifetime_end_ms', 'is', null), eb('lifetime_end_ms', '>', now)]))
        .execute(),

    insert: (tag: NewTag) =>
      db
        .insertInto('tag')
        .values({ ...rowOf(tag), live_name: tag.name })
        .execute(),

    /** Keeps a manifest alive without a name; for ever when `end` is null. */
    insertHold: (hold: NewTag) =>
      db
        .insertInto('tag')
        .values({ ...rowOf(hold), live_name: null, hidden: 1 })
        .execute(),

    /** Ends a tag; it stays as history. A tag whose time ran out before keeps its own end. */
    async close(id: number, now: Instant): Promise<void> {
      await db
        .updateTable('tag')
        .set((eb) => ({
          live_name: null,
          lifetime_end_ms: eb
            .case()
            .when('lifetime_end_ms', '<', now)
            .then(eb.ref('lifetime_end_ms'))
            .else(now)
            .end(),
        }))
        .where('id', '=', id)
        .execute()
    },

    /** Sets when a tag ends; null: never. */
    setEnd: (id: number, end: Instant | null) =>
      db.updateTable('tag').set({ lifetime_end_ms: end }).where('id', '=', id).execute(),

    setImmutable: (id: number, isImmutable: boolean) =>
      db
        .updateTable('tag')
        .set({ immutable: isImmutable ? 1 : 0 })
        .where('id', '=', id)
        .execute(),

    /** Ends the holds with an end on the children of an index. */
    endHoldsOfChildren: (indexId: number, now: Instant) =>
      db
        .updateTable('tag')
        .set({ lifetime_end_ms: now })
        .where('hidden', '=', 1)
        .where('lifetime_end_ms', '>', now)
        .where('manifest_id', 'in', (eb) =>
          eb
            .selectFrom('manifest_child')
            .innerJoin('manifest as child', (join) =>
              join
                .onRef('child.digest', '=', 'manifest_child.child_digest')
                .onRef('child.repository_id', '=', 'manifest_child.repository_id'),
            )
            .select('child.id')
            .where('manifest_child.manifest_id', '=', indexId),
        )
        .execute(),

    closeHolds: (manifestId: number, now: Instant) =>
      db
        .updateTable('tag')
        .set({ lifetime_end_ms: now })
        .where('manifest_id', '=', manifestId)
        .where('hidden', '=', 1)
        .where((eb) => eb.or([eb('lifetime_end_ms', 'is', null), eb('lifetime_end_ms', '>', now)]))
        .execute(),
  }
}

function rowOf(tag: NewTag) {
  const { repositoryId, name, manifestId, start, end, isImmutable, isReversion } = tag
  return {
    repository_id: repositoryId,
    name,
    manifest_id: manifestId,
    lifetime_start_ms: start,
    lifetime_end_ms: end,
    immutable: isImmutable ? 1 : 0,
    reversion: isReversion ? 1 : 0,
  }
}
