import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

/** One row, with id 1. */
export interface QuotaRegistrySizeTable {
  id: number
  size_bytes: Generated<number>
  queued: Generated<number>
  running: Generated<number>
  completed_at: Instant | null
}
