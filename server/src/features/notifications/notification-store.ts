import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

/** What the interface tells a person, or the admins of an organization. */
export interface NotificationTable {
  id: Generated<number>
  uuid: string
  kind: string
  target_id: number
  metadata_json: Generated<string>
  created_at: Instant
  dismissed: Generated<number>
  lookup_path: string | null
}
