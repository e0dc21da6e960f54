import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

/** People, organizations and robots: one table, because they share one name space. */
export interface UserTable {
  id: Generated<number>
  uuid: string
  username: string
  email: string | null
  password_hash: string | null
  organization: Generated<number>
  robot: Generated<number>
  enabled: Generated<number>
  verified: Generated<number>
  removed_tag_expiration_s: number
  created_at: Instant
  last_accessed: Instant | null
}
