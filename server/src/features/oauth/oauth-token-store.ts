import type { Generated } from 'kysely'
import type { Instant } from '../../platform/clock.ts'

/** Kept as the SHA-256 of the token, which nobody can read back. */
export interface OAuthAccessTokenTable {
  id: Generated<number>
  uuid: string
  application_id: number
  authorized_user_id: number
  created_by_id: number | null
  scope: string
  token_digest: string
  display_name: string | null
  created_at: Instant
  expires_at: Instant
  last_accessed: Instant | null
}

export interface OAuthAuthorizationCodeTable {
  id: Generated<number>
  code_digest: string
  application_id: number
  user_id: number
  scope: string
  redirect_uri: string
  expires_at: Instant
}

/** A token that an admin prepared for somebody, who has yet to draw it. */
export interface OAuthAssignedTokenTable {
  id: Generated<number>
  uuid: string
  application_id: number
  assigned_user_id: number
  redirect_uri: string
  scope: string
  response_type: string
  created_at: Instant
}
