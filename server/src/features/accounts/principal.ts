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
}

export interface RobotPrincipal {
  readonly kind: 'robot'
  readonly id: number
  /** `namespace+name` */
  readonly username: string
  readonly namespaceId: number
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous' }

/** Tells an account from a later one of the same name, in tokens that outlive the first. */
export function referenceOf(principal: Principal): string {
  return principal.kind === 'anonymous' ? '' : String(principal.id)
}
