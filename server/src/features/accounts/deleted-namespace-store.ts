import type { Instant } from '../../platform/clock.ts'

/** A namespace that is being purged: its name is kept from being used again until it is gone. */
export interface DeletedNamespaceTable {
  namespace_user_id: number
  original_username: string
  original_email: string | null
  marked_at: Instant
  purge_after: Instant
}
