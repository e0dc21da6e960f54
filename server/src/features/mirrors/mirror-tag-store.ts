import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** What the tags of a mirror were, for putting them back. */
export function mirrorTagStore(db: Db) {
  return {
    /** What a tag pointed at at that moment; undefined when it was not there. */
    findAt: (repositoryId: number, name: string, at: Instant) =>
      db
        .selectFrom('tag')
        .select(['id', 'manifest_id'])
        .where('repository_id', '=', repositoryId)
        .where('name', '=', name)
        .where('hidden', '=', 0)
        .where('lifetime_start_ms', '<', at)
        .where((e) => e.or([e('lifetime_end_ms', 'is', null), e('lifetime_end_ms', '>=', at)]))
        .orderBy('lifetime_start_ms', 'desc')
        .limit(1)
        .executeTakeFirst(),
  }
}
