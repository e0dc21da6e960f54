import type { Generated } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export type RollupScope = 'all' | 'namespace' | 'repository'

/** How often a kind occurred on a day (days since the epoch, UTC); 0 stands for everybody and all. */
export interface LogEntryDailyTable {
  scope: RollupScope
  scope_id: number
  performer_id: number
  day: number
  kind_id: number
  count: number
}

/** One row, with id 1: entries up to this one are in the daily sums. */
export interface LogRollupTable {
  id: number
  last_entry_id: Generated<number>
}

export interface CountedEntry {
  readonly id: number
  readonly kind_id: number
  readonly account_id: number | null
  readonly performer_id: number | null
  readonly repository_id: number | null
  readonly datetime: Instant
}

/** Rows of one statement: what both databases take as parameters, and what holds nobody up. */
const rowsPerStatement = 500

/** Queries of `logentrydaily` and `logrollup`. */
export function logRollupStore(db: Db) {
  return {
    lastEntryId: async (): Promise<number> => {
      const row = await db
        .selectFrom('logrollup')
        .select('last_entry_id')
        .where('id', '=', 1)
        .executeTakeFirstOrThrow()
      return row.last_entry_id
    },

    /** Entries that are not in the sums yet, in the order of their ids. */
    entriesAfter: (id: number, limit: number): Promise<CountedEntry[]> =>
      db
        .selectFrom('logentry3')
        .select(['id', 'kind_id', 'account_id', 'performer_id', 'repository_id', 'datetime'])
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit)
        .execute(),

    /** False when somebody else has moved it. */
    async advance(from: number, to: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('logrollup')
        .set({ last_entry_id: to })
        .where('id', '=', 1)
        .where('last_entry_id', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async add(sums: readonly LogEntryDailyTable[]): Promise<void> {
      for (let start = 0; start < sums.length; start += rowsPerStatement) {
        await db
          .insertInto('logentrydaily')
          .values(sums.slice(start, start + rowsPerStatement))
          .onConflict((conflict) =>
            conflict
              .columns(['scope', 'scope_id', 'performer_id', 'day', 'kind_id'])
              .doUpdateSet((e) => ({
                count: e('logentrydaily.count', '+', e.ref('excluded.count')),
              })),
          )
          .execute()
      }
    },
  }
}
