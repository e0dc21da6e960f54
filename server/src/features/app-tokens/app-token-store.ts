import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

/** The first 60 characters of a token are its name, the other 60 a secret that is kept encrypted. */
export interface AppSpecificAuthTokenTable {
  id: Generated<number>
  uuid: string
  user_id: number
  title: string
  token_name: string
  token_secret_encrypted: string
  created_at: Instant
  expiration: Instant | null
  last_accessed: Instant | null
}
