import type { AccountService } from '../accounts/account-service.ts'
import { anonymous, type UserPrincipal } from '../accounts/principal.ts'
import { SessionControl } from '../sessions/session-control-service.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { ApiCaller } from './api-call.ts'

export type ApiIdentity = ReturnType<typeof createApiIdentity>

/** Checks an OAuth access token; undefined when nobody can act with it. */
export type VerifyOAuthToken = (token: string) => Promise<UserPrincipal | undefined>

export interface Credentials {
  readonly authorization:
    | { readonly scheme: 'none' | 'basic' | 'unreadable' }
    | { readonly scheme: 'bearer'; readonly token: string }
  readonly cookies: string | undefined
}

/**
 * Who calls the management API: an OAuth token or a session (api-shapes, 1.5). Credentials that are
 * no good make the call anonymous; they do not fail it.
 */
export function createApiIdentity({
  accounts,
  sessions,
  verifyOAuthToken,
}: {
  accounts: AccountService
  sessions: SessionService
  verifyOAuthToken: VerifyOAuthToken
}) {
  return {
    async identify({
      authorization,
      cookies,
    }: Credentials): Promise<{ caller: ApiCaller; session: SessionControl }> {
      const session = new SessionControl(sessions, await sessions.read(cookies))
      if (authorization.scheme === 'bearer') {
        const principal = await verifyOAuthToken(authorization.token)
        const account = principal && (await accounts.find(principal.username))
        if (principal && account) {
          return { caller: { kind: 'oauth', principal, account }, session }
        }
      }
      const uuid = session.current?.accountUuid
      const account = uuid === undefined ? undefined : await accounts.findActiveByUuid(uuid)
      if (account !== undefined) {
        const principal = accounts.principalOf(account)
        return { caller: { kind: 'session', principal, account }, session }
      }
      return { caller: { kind: 'anonymous', principal: anonymous }, session }
    },
  }
}
