import type { Generated, Insertable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface LogEntryKindTable {
  id: number
  name: string
}

/** No foreign keys: an entry outlives what it tells about. */
export interface LogEntryTable {
  id: Generated<number>
  kind_id: number
  account_id: number | null
  performer_id: number | null
  repository_id: number | null
  datetime: Instant
  ip: string | null
  metadata_json: Generated<string>
}

export type NewLogEntry = Insertable<LogEntryTable>

export function auditStore(db: Db) {
  return {
    async insert(entries: readonly NewLogEntry[]): Promise<void> {
      if (entries.length > 0) await db.insertInto('logentry3').values(entries).execute()
    },
  }
}
