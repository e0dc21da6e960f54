import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** A place in the order of ended tags. */
export interface EndedAt {
  readonly end: Instant
  readonly id: number
}

/** A row of history, or a hold that has ended, with the time machine's window of its namespace. */
export interface EndedTag {
  readonly id: number
  readonly repository_id: number
  readonly lifetime_end_ms: Instant
  readonly hidden: number
  readonly immutable: number
  readonly window_s: number
}

/** What decides whether a row of history is garbage. */
export interface HistoryRules {
  readonly now: Instant
  /** Ends up to here are outside of the time machine's window. */
  readonly cutoff: Instant
  readonly immutableTagsCanExpire: boolean
}

/** Queries that find tags whose time is over, and remove them. */
export function tagGarbageStore(db: Db) {
  return {
    /** Ended rows in the order of their ends, from after `after` to `until`. */
    async listEnded(after: EndedAt, until: Instant, limit: number): Promise<EndedTag[]> {
      const rows = await db
        .selectFrom((from) =>
          from
            .selectFrom('tag')
            .select(['id', 'repository_id', 'lifetime_end_ms', 'hidden', 'immutable'])
            .where('live_name', 'is', null)
            .where('lifetime_end_ms', 'is not', null)
            .where('lifetime_end_ms', '>=', after.end)
            .where('lifetime_end_ms', '<=', until)
            .where(sql<boolean>`(lifetime_end_ms, id) > (${after.end}, ${after.id})`)
            .orderBy('lifetime_end_ms')
            .orderBy('id')
            .limit(limit)
            .as('ended'),
        )
        .innerJoin('repository', 'repository.id', 'ended.repository_id')
        .innerJoin('user', 'user.id', 'repository.namespace_user_id')
        .select([
          'ended.id',
          'ended.repository_id',
          'ended.hidden',
          'ended.immutable',
          'user.removed_tag_expiration_s as window_s',
          sql<number>`ended.lifetime_end_ms`.as('lifetime_end_ms'),
        ])
        .orderBy('ended.lifetime_end_ms')
        .orderBy('ended.id')
        .execute()
      return rows
    },

    /** Tags that have run out and still carry their name. */
    listExpiredOpen: (now: Instant, limit: number) =>
      db
        .selectFrom('tag')
        .select(['id', 'repository_id'])
        .where('live_name', 'is not', null)
        .where('lifetime_end_ms', 'is not', null)
        .where('lifetime_end_ms', '<=', now)
        .orderBy('lifetime_end_ms')
        .limit(limit)
        .execute(),

    /** Makes history of those that have still run out. */
    closeExpired: (repositoryId: number, ids: readonly number[], now: Instant) =>
      db
        .updateTable('tag')
        .set({ live_name: null })
        .where('id', 'in', ids)
        .where('repository_id', '=', repositoryId)
        .where('lifetime_end_ms', '<=', now)
        .execute(),

    /** Removes those of the rows that are still garbage, and says what they were. */
    async removeGarbage(
      repositoryId: number,
      ids: readonly number[],
      rules: HistoryRules,
    ): Promise<{ readonly name: string; readonly manifest_id: number }[]> {
      return db
        .deleteFrom('tag')
        .where('id', 'in', ids)
        .where('repository_id', '=', repositoryId)
        .where('live_name', 'is', null)
        .where((e) =>
          e.or([
            e.and([e('hidden', '=', 1), e('lifetime_end_ms', '<=', rules.now)]),
            e.and([
              e('hidden', '=', 0),
              e('lifetime_end_ms', '<=', rules.cutoff),
              e('immutable', '<=', rules.immutableTagsCanExpire ? 1 : 0),
            ]),
          ]),
        )
        .returning(['name', 'manifest_id'])
        .execute()
    },

    /** Removes tags of a repository that is being purged, whatever they are. */
    async removeSome(repositoryId: number, limit: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('tag')
        .where('id', 'in', (e) =>
          e.selectFrom('tag').select('id').where('repository_id', '=', repositoryId).limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    /** The window of a repository's namespace in seconds; undefined when the repository is gone. */
    async findWindow(repositoryId: number): Promise<number | undefined> {
      const row = await db
        .selectFrom('repository')
        .innerJoin('user', 'user.id', 'repository.namespace_user_id')
        .select('user.removed_tag_expiration_s')
        .where('repository.id', '=', repositoryId)
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .executeTakeFirst()
      return row?.removed_tag_expiration_s
    },
  }
}
