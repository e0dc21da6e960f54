import type { Principal, UserPrincipal } from '../accounts/principal.ts'

/** The keys that tell in the metadata of registry traffic who it was (logs-and-notifications, 1.2). */
export function identityKeys(principal: Principal): Readonly<Record<string, unknown>> {
  switch (principal.kind) {
    case 'anonymous':
      return {}
    case 'user':
      return { username: principal.username, ...tokenKeys(principal) }
    case 'robot':
      return { username: principal.username, is_robot: true }
  }
}

/** The keys that tell of the token behind a user; in the API's entries only OAuth tokens show. */
export function tokenKeys({ via }: UserPrincipal): Readonly<Record<string, unknown>> {
  switch (via?.kind) {
    case undefined:
      return {}
    case 'oauth':
      return {
        oauth_token_id: via.tokenUuid,
        oauth_token_application_id: via.clientId,
        oauth_token_application: via.applicationName,
      }
    case 'app-token':
      return { app_specific_token: via.uuid, app_specific_token_title: via.title }
  }
}
