import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

export interface EmailConfirmationTable {
  id: Generated<number>
  code_digest: string
  user_id: number
  kind: 'verify' | 'change' | 'recover'
  new_email: string | null
  created_at: Instant
  expires_at: Instant
}
