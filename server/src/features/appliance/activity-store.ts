import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

const entriesLookedAt = 2_000

/** When the registry was used last. */
export function activityStore(db: Db) {
  return {
    async lastPush(): Promise<Instant | null> {
      const row = await db
        .selectFrom('tag')
        .select('lifetime_start_ms')
        .where('hidden', '=', 0)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.lifetime_start_ms ?? null
    },

    /** Null also when much else has happened since. */
    async lastOf(kindId: number): Promise<Instant | null> {
      const { at } = await db
        .selectFrom((e) =>
          e
            .selectFrom('logentry3')
            .select(['datetime', 'kind_id'])
            .orderBy('datetime', 'desc')
            .limit(entriesLookedAt)
            .as('latest'),
        )
        .select((e) => e.fn.max('datetime').as('at'))
        .where('kind_id', '=', kindId)
        .executeTakeFirstOrThrow()
      return at
    },
  }
}
