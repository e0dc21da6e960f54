import { sql, type Generated, type Insertable } from 'kysely'

import type { BulkInsert } from '../../db/sqlite-background.ts'
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

const columns = [
  'kind_id',
  'account_id',
  'performer_id',
  'repository_id',
  'datetime',
  'ip',
  'metadata_json',
] as const

export function auditStore(db: Db) {
  async function insert(entries: readonly NewLogEntry[]): Promise<void> {
    if (entries.length > 0) await db.insertInto('logentry3').values(entries).execute()
  }

  return {
    insert,

    /** In a transaction that goes on when this fails. */
    async insertApart(entry: NewLogEntry): Promise<void> {
      if (!db.isTransaction) {
        await insert([entry])
        return
      }
      await sql`savepoint logged`.execute(db)
      try {
        await insert([entry])
        await sql`release savepoint logged`.execute(db)
      } catch (error) {
        await sql`rollback to savepoint logged`.execute(db)
        throw error
      }
    },

    /** Many, away from the event loop. */
    async insertInBulk(bulkInsert: BulkInsert, entries: readonly NewLogEntry[]): Promise<void> {
      const [first] = entries
      if (first === undefined) return
      const { sql } = db.insertInto('logentry3').columns(columns).values(pick(first)).compile()
      await bulkInsert(
        sql,
        entries.map((entry) => columns.map((column) => entry[column] ?? null)),
      )
    },
  }
}

/** In the order of `columns`, which is that of the statement's parameters. */
function pick(entry: NewLogEntry): NewLogEntry {
  const { kind_id, account_id, performer_id, repository_id, datetime, ip, metadata_json } = entry
  return {
    kind_id,
    account_id: account_id ?? null,
    performer_id: performer_id ?? null,
    repository_id: repository_id ?? null,
    datetime,
    ip: ip ?? null,
    metadata_json: metadata_json ?? '{}',
  }
}
