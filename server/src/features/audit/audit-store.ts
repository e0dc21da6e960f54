import type { Generated } from 'kysely'

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
