import type { OAuthScope } from '../../contract/oauth-scopes.ts'

/** Who acts: what the rest of the server needs to know about whoever sent the credentials. */
export type Principal = AnonymousPrincipal | UserPrincipal | RobotPrincipal

export interface AnonymousPrincipal {
  readonly kind: 'anonymous'
}

export interface UserPrincipal {
  readonly kind: 'user'
  readonly id: number
  readonly username: string
  readonly isSuperUser: boolean
  readonly isGlobalReadonly: boolean
  readonly isRestricted: boolean
  /** The token that it came with; absent for a password or a session, which may do everything. */
  readonly via?: OAuthGrant | AppToken
}

/** What the user may do, capped by the scopes, which hold what they imply. */
export interface OAuthGrant {
  readonly kind: 'oauth'
  readonly tokenUuid: string
  readonly clientId: string
  readonly applicationName: string
  readonly scopes: ReadonlySet<OAuthScope>
}

/** Everything that the user may do, in the registry only. */
export interface AppToken {
  readonly kind: 'app-token'
  readonly uuid: string
  readonly title: string
}

export interface RobotPrincipal {
  readonly kind: 'robot'
  readonly id: number
  /** `namespace+name` */
  readonly username: string
  readonly namespaceId: number
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous' }

/** Whether the credentials let a scope be used; only OAuth tokens are limited. */
export function hasScope(principal: UserPrincipal, scope: OAuthScope): boolean {
  return principal.via?.kind !== 'oauth' || principal.via.scopes.has(scope)
}

/** Tells an account from a later one of the same name, in tokens that outlive the first. */
export function referenceOf(principal: Principal): string {
  return principal.kind === 'anonymous' ? '' : String(principal.id)
}
