import type { Instant } from '../platform/clock.ts'

/** Who may run a piece of background work, and until when. */
export interface LeaseTable {
  name: string
  holder: string
  expires_at: Instant
}
