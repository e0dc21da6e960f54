import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

export interface OAuthApplicationTable {
  id: Generated<number>
  client_id: string
  client_secret_encrypted: string
  organization_id: number
  name: string
  description: Generated<string>
  application_uri: Generated<string>
  redirect_uri: Generated<string>
  avatar_email: string | null
  created_at: Instant
}
