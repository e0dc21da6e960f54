import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

export interface ExportActionLogsTable {
  id: Generated<number>
  uuid: string
  file_id: string
  request_json: string
  created_at: Instant
  attempts_left: number
  next_attempt_at: Instant
  finished_at: Instant | null
}
