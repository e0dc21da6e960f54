/** What an OAuth token may be limited to (permissions, 7), in the order in which consent pages list it. */
export const oauthScopes = [
  'org:admin',
  'repo:read',
  'repo:write',
  'repo:admin',
  'repo:create',
  'user:read',
  'user:admin',
  'super:user',
] as const

export type OAuthScope = (typeof oauthScopes)[number]

export interface ScopeDescription {
  readonly scope: OAuthScope
  readonly title: string
  readonly description: string
  readonly icon: string
  readonly dangerous: boolean
}

const described: Readonly<Record<OAuthScope, Omit<ScopeDescription, 'scope'>>> = {
  'org:admin': {
    title: 'Administer organizations',
    description:
      'The application can manage your organizations: create robots and teams, change who is in a team, and change settings.',
    icon: 'fa-gear',
    dangerous: true,
  },
  'repo:read': {
    title: 'View all visible repositories',
    description: 'The application can see and pull every repository that you can see.',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:write': {
    title: 'Read and write to any accessible repositories',
    description:
      'The application can see, push to and pull from every repository that you can write to.',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:admin': {
    title: 'Administer repositories',
    description: 'The application can do everything with the repositories that you administer.',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:create': {
    title: 'Create repositories',
    description: 'The application can create repositories in the namespaces in which you can.',
    icon: 'fa-plus',
    dangerous: false,
  },
  'user:read': {
    title: 'Read user information',
    description: 'The application can read your name and your e-mail address.',
    icon: 'fa-user',
    dangerous: false,
  },
  'user:admin': {
    title: 'Administer user',
    description: 'The application can manage your account: robots, tokens, stars and settings.',
    icon: 'fa-gear',
    dangerous: true,
  },
  'super:user': {
    title: 'Super user access',
    description:
      'The application can manage this registry: users, organizations, keys and messages.',
    icon: 'fa-street-view',
    dangerous: true,
  },
}

export function describeScope(scope: OAuthScope): ScopeDescription {
  return { scope, ...described[scope] }
}

/** A scope and what it lets beside itself: administering implies writing, writing reading. */
const implied: Partial<Record<OAuthScope, readonly OAuthScope[]>> = {
  'repo:admin': ['repo:write', 'repo:read'],
  'repo:write': ['repo:read'],
}

export function withImplied(scopes: Iterable<OAuthScope>): ReadonlySet<OAuthScope> {
  const all = new Set<OAuthScope>()
  for (const scope of scopes) {
    all.add(scope)
    for (const further of implied[scope] ?? []) all.add(further)
  }
  return all
}

/** Scopes separated by spaces or commas; undefined when one of them is unknown, or there is none. */
export function parseScopes(text: string): readonly OAuthScope[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const known = words.filter((word): word is OAuthScope =>
    (oauthScopes as readonly string[]).includes(word),
  )
  return words.length > 0 && known.length === words.length ? [...new Set(known)] : undefined
}
