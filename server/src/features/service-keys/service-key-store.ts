import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

export type ApprovalType = 'SUPERUSER' | 'KEY_ROTATION' | 'AUTOMATIC'

/** Public keys of services; `approved_at` is null until somebody trusts one. */
export interface ServiceKeyTable {
  id: Generated<number>
  kid: string
  name: Generated<string>
  service: string
  jwk_json: string
  metadata_json: Generated<string>
  created_at: Instant
  expires_at: Instant | null
  rotation_duration_s: number | null
  approver_id: number | null
  approval_type: ApprovalType | null
  approved_at: Instant | null
  approval_notes: Generated<string>
}
