import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export interface TagTable {
  id: Generated<number>
  repository_id: number
  name: string
  /** The name while the tag lives, null once it is closed: history never slows a look-up down. */
  live_name: string | null
  manifest_id: number
  lifetime_start_ms: Instant
  lifetime_end_ms: Instant | null
  hidden: Generated<number>
  reversion: Generated<number>
  immutable: Generated<number>
}
