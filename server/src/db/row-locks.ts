import { SqliteAdapter } from 'kysely'

import type { Db } from './tables.ts'

/**
 * Whether rows can be locked. On SQLite they cannot and need not be: a transaction is alone from its
 * beginning, and so is a single statement that writes.
 */
export function hasRowLocks(db: Db): boolean {
  return !(db.getExecutor().adapter instanceof SqliteAdapter)
}
