import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export interface RobotAccountTable {
  user_id: number
  namespace_user_id: number
  token_encrypted: string
  description: Generated<string>
  unstructured_json: Generated<string>
  created_at: Instant
}
