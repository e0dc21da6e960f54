import { isProblem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import { anonymous, type UserPrincipal } from '../accounts/principal.ts'
import { SessionControl } from '../sessions/session-control-service.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { ApiCaller } from './api-call.ts'

export type ApiIdentity = ReturnType<typeof createApiIdentity>

/** Checks an OAuth access token; undefined when nobody can act with it. */
export type VerifyOAuthToken = (token: string) => Promise<UserPrincipal | undefined>

export interface Credentials {
  readonly authorization:
    | { readonly scheme: 'none' | 'unreadable' }
    | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
    | { readonly scheme: 'bearer'; readonly token: string }
  readonly cookies: string | undefined
  /** Whether the route takes a password in the header. */
  readonly takesPassword: boolean
  /** Where the client is. */
  readonly address: string
}

/**
 * Who calls the management API: an OAuth token or a session (api-shapes, 1.5). Credentials that are
 * no good make the call anonymous; they do not fail it.
 */
export function createApiIdentity({
  accounts,
  sessions,
  verifyOAuthToken,
  credentials,
  seen,
}: {
  accounts: AccountService
  sessions: SessionService
  verifyOAuthToken: VerifyOAuthToken
  credentials: Pick<CredentialsService, 'authenticate'>
  /** Notes that somebody used an account. */
  seen: (accountId: number) => void
}) {
  /** A person with its password: robots and tokens are for the registry. */
  async function byPassword(username: string, password: string, address: string) {
    try {
      const principal = await credentials.authenticate({ username, password, address })
      return principal.kind === 'user' && principal.via === undefined ? principal : undefined
    } catch (error) {
      if (isProblem(error, 'credentials-invalid')) return undefined
      throw error
    }
  }

  return {
    async identify({
      authorization,
      cookies,
      takesPassword,
      address,
    }: Credentials): Promise<{ caller: ApiCaller; session: SessionControl }> {
      const session = new SessionControl(sessions, await sessions.read(cookies))
      if (authorization.scheme === 'bearer') {
        const principal = await verifyOAuthToken(authorization.token)
        const account = principal && (await accounts.find(principal.username))
        // What is known of a token is a few seconds old: the name may be somebody else's by now.
        if (principal && account?.id === principal.id && isActivePerson(account)) {
          seen(account.id)
          return { caller: { kind: 'oauth', principal, account }, session }
        }
      }
      if (authorization.scheme === 'basic' && takesPassword) {
        const { username, password } = authorization
        const principal = await byPassword(username, password, address)
        const account = principal && (await accounts.find(principal.username))
        if (principal && account) return { caller: { kind: 'basic', principal, account }, session }
      }
      const uuid = session.current?.accountUuid
      const account = uuid === undefined ? undefined : await accounts.findActiveByUuid(uuid)
      if (account !== undefined) {
        seen(account.id)
        const principal = accounts.principalOf(account)
        return { caller: { kind: 'session', principal, account }, session }
      }
      return { caller: { kind: 'anonymous', principal: anonymous }, session }
    },
  }
}

function isActivePerson({ enabled, organization }: AccountRow): boolean {
  return enabled === 1 && organization === 0
}
