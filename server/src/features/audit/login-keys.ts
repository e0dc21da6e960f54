import type { Principal } from '../accounts/principal.ts'

/** Who logged in, in the metadata of `login_success` (logs-and-notifications, 2). */
export function loginKeys(principal: Principal): Readonly<Record<string, unknown>> {
  switch (principal.kind) {
    case 'anonymous':
      return {}
    case 'robot':
      return { kind: 'robot', robot: principal.username }
    case 'user':
      switch (principal.via?.kind) {
        case undefined:
          return { kind: 'user' }
        case 'app-token':
          return { kind: 'app_specific_token', app_specific_token_title: principal.via.title }
        case 'oauth':
          return {
            kind: 'oauth',
            oauth_token_id: principal.via.tokenUuid,
            oauth_token_application_id: principal.via.clientId,
            oauth_token_application: principal.via.applicationName,
          }
      }
  }
}

const longest = 255

/** Who tried to, as far as the name tells, in the metadata of `login_failure`. */
export function failedLoginKeys(username: string): Readonly<Record<string, unknown>> {
  const name = username.slice(0, longest)
  if (username === '$app') return { kind: 'app_specific_token' }
  if (username === '$oauthtoken') return { kind: 'oauth' }
  return username.includes('+') && !username.includes('@')
    ? { kind: 'robot', robot: name, username: name }
    : { kind: 'user', username: name }
}
