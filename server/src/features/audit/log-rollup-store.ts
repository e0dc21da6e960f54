import type { Generated } from 'kysely'

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
