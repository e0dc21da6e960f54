import { sql, type Selectable } from 'kysely'

import { hasRowLocks } from './row-locks.ts'
import type { Db, Tables } from './tables.ts'

/**
 * `tag`, read along `tag_live`: the newest first. SQLite has to be told: from the average of all
 * repositories it takes another index and sorts, which for one with many tags is all of them.
 */
export function liveTagsByAge(db: Db) {
  const alias = hasRowLocks(db) ? sql`tag` : sql`tag indexed by tag_live`
  return sql<Selectable<Tables['tag']>>`tag`.as<'tag'>(alias)
}
