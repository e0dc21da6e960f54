import type { Instant } from '../../platform/clock.ts'

export interface StarTable {
  user_id: number
  repository_id: number
  created_at: Instant
}
