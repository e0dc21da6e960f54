import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { referenceOf, type Principal } from '../accounts/principal.ts'
import { appTokenStore } from '../app-tokens/app-token-store.ts'
import type { OAuthTokenService } from '../oauth/oauth-token-service.ts'
import type { TokenSubject } from './registry-token.ts'

export type TokenSubjects = ReturnType<typeof createTokenSubjects>

/**
 * Who a registry token is for. It names the account, or the application or app token that it was
 * drawn with, so that it stops working with those and not only when its own hour is over.
 */
export function createTokenSubjects({
  db,
  clock,
  accounts,
  oauthTokens,
}: {
  db: Db
  clock: Clock
  accounts: AccountService
  oauthTokens: Pick<OAuthTokenService, 'findPrincipal'>
}) {
  async function byAppToken(username: string, uuid: string): Promise<Principal | undefined> {
    const principal = await accounts.findPrincipal(username)
    if (principal?.kind !== 'user') return undefined
    const token = await appTokenStore(db).find(principal.id, uuid)
    if (token === undefined || (token.expiration ?? Infinity) <= clock.now()) return undefined
    return { ...principal, via: { kind: 'app-token', uuid, title: token.title } }
  }

  return {
    subjectOf(principal: Principal): TokenSubject {
      if (principal.kind === 'anonymous') return { kind: 'anonymous' }
      const { username } = principal
      if (principal.kind === 'user' && principal.via !== undefined) {
        return principal.via.kind === 'oauth'
          ? { kind: 'oauthtoken', username, reference: principal.via.tokenUuid }
          : { kind: 'appspecifictoken', username, reference: principal.via.uuid }
      }
      return { kind: principal.kind, username, reference: referenceOf(principal) }
    },

    /** Who acts with the token now; undefined when nobody does any more. */
    async principalOf(subject: TokenSubject): Promise<Principal | undefined> {
      switch (subject.kind) {
        case 'anonymous':
          return { kind: 'anonymous' }
        case 'user':
        case 'robot': {
          const principal = await accounts.findPrincipal(subject.username)
          return principal && referenceOf(principal) === subject.reference ? principal : undefined
        }
        case 'oauthtoken': {
          const principal = await oauthTokens.findPrincipal(subject.reference)
          return principal?.username === subject.username ? principal : undefined
        }
        case 'appspecifictoken':
          return byAppToken(subject.username, subject.reference)
      }
    },
  }
}
