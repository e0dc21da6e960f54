import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

/** Either `user_id` or `email`. */
export interface TeamMemberInviteTable {
  id: Generated<number>
  team_id: number
  user_id: number | null
  email: string | null
  inviter_id: number
  invite_token: string
  created_at: Instant
}
