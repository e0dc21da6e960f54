/** A page and what its address says: the path's variables by name. */
export type Match =
  | { readonly page: PlainPage; readonly params: Readonly<Record<string, never>> }
  | { readonly page: 'organization' | 'user'; readonly params: { readonly namespace: string } }
  | {
      readonly page: 'team'
      readonly params: { readonly namespace: string; readonly team: string }
    }
  | {
      readonly page: 'repository' | 'mirror'
      readonly params: { readonly repository: string }
    }
  | { readonly page: 'tag'; readonly params: TagParams }
  | { readonly page: 'manifest'; readonly params: ManifestParams }
  | { readonly page: 'oauth-callback'; readonly params: { readonly provider: string } }
  | { readonly page: 'setup'; readonly params: { readonly step: string | undefined } }
  | { readonly page: 'help'; readonly params: { readonly topic: string | undefined } }
  /** Another address says the same. */
  | { readonly page: 'redirect'; readonly to: string }
  | { readonly page: 'not-found'; readonly params: Readonly<Record<string, never>> }

export interface TagParams {
  readonly repository: string
  readonly tag: string
}
export interface ManifestParams {
  readonly repository: string
  readonly digest: string
}

const plainPages = {
  '/home': 'home',
  '/signin': 'sign-in',
  '/createaccount': 'create-account',
  '/updateuser': 'update-user',
  '/recover': 'recover',
  '/oauth-error': 'oauth-error',
  '/oauth/localapp': 'local-app',
  '/organization': 'organizations',
  '/repository': 'repositories',
  '/search': 'search',
  '/service-keys': 'service-keys',
  '/change-log': 'change-log',
  '/usage-logs': 'usage-logs',
  '/messages': 'messages',
  '/about': 'about',
  '/security': 'security',
  '/certificates': 'certificates',
  '/storage': 'storage',
  '/storage/backup': 'backup',
  '/health': 'health',
  '/service': 'service',
  '/service/logs': 'service-logs',
  '/service/config': 'service-config',
  '/mirrors': 'mirrors',
  '/mirrors/missed': 'missed-pulls',
  '/bundles': 'bundles',
  '/bundles/export': 'bundle-export',
  '/bundles/import': 'bundle-import',
  '/bundles/selections': 'bundle-selections',
  '/bundles/ledger': 'bundle-ledger',
  '/bundles/trust': 'bundle-trust',
  '/bundles/missing': 'bundle-missing',
} as const

export type PlainPage = (typeof plainPages)[keyof typeof plainPages]
export type PageName = Exclude<Match, { page: 'redirect' }>['page']

/** First segments that are pages, never namespaces (ui-pages.md 2). */
const reserved = new Set([
  ...Object.keys(plainPages).map((path) => path.split('/')[1]),
  ...['overview', 'user', 'oauth2', 'build-logs', 'setup', 'mirrors', 'bundles', 'system', 'help'],
  ...['api', 'v1', 'v2', 'static', 'config'],
])

const nothing = {} as const
const notFound: Match = { page: 'not-found', params: nothing }

/** Which page an address asks for; the query stays with it. Pure, and shared with deep links. */
export function matchPath(path: string): Match {
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path
  const plain = (plainPages as Readonly<Record<string, PlainPage>>)[clean]
  if (plain !== undefined) return { page: plain, params: nothing }
  if (clean === '' || clean === '/') return { page: 'redirect', to: '/organization' }
  if (clean === '/overview') return { page: 'redirect', to: '/home' }

  const segments = decoded(clean)
  if (segments === undefined) return notFound
  const [first = '', ...rest] = segments
  switch (first) {
    case 'organization':
      return organizationPage(rest)
    case 'user':
      return rest.length === 1 ? { page: 'user', params: { namespace: rest[0] ?? '' } } : notFound
    case 'repository':
      return repositoryPage(rest)
    case 'mirrors':
      return rest.length >= 2
        ? { page: 'mirror', params: { repository: rest.join('/') } }
        : notFound
    case 'setup':
      return rest.length <= 1 ? { page: 'setup', params: { step: rest[0] } } : notFound
    case 'help':
      return { page: 'help', params: { topic: rest.length === 0 ? undefined : rest.join('/') } }
    case 'oauth2':
      return rest[1] === 'callback'
        ? { page: 'oauth-callback', params: { provider: rest[0] ?? '' } }
        : notFound
    default:
      break
  }
  if (reserved.has(first)) return notFound
  const to = segments.map(encodeURIComponent).join('/')
  return { page: 'redirect', to: rest.length === 0 ? `/organization/${to}` : `/repository/${to}` }
}

function organizationPage([namespace = '', teams, team, ...more]: readonly string[]): Match {
  if (teams === undefined) return { page: 'organization', params: { namespace } }
  if (teams !== 'teams' || team === undefined || more.length > 0) return notFound
  return { page: 'team', params: { namespace, team } }
}

/**
 * A repository's name may have any number of parts, so the path is read from the right: the last two
 * parts may name a page below it. A repository that is called so itself is left to the page, which
 * knows what exists.
 */
function repositoryPage(segments: readonly string[]): Match {
  if (segments.length < 2) return notFound
  const repository = segments.join('/')
  const above = segments.slice(0, -2).join('/')
  const [kind, value = ''] = segments.slice(-2)
  if (segments.length >= 4) {
    if (kind === 'tag') return { page: 'tag', params: { repository: above, tag: value } }
    if (kind === 'manifest' && value.includes(':')) {
      return { page: 'manifest', params: { repository: above, digest: value } }
    }
    if (kind === 'trigger') {
      const to = `${repositoryPath(above)}?tab=builds&setupTrigger=${encodeURIComponent(value)}`
      return { page: 'redirect', to }
    }
  }
  return { page: 'repository', params: { repository } }
}

function decoded(path: string): readonly string[] | undefined {
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent)
    return segments.some((segment) => segment === '' || segment === '.' || segment === '..')
      ? undefined
      : segments
  } catch {
    return undefined
  }
}

const encoded = (name: string) => name.split('/').map(encodeURIComponent).join('/')

export const repositoryPath = (repository: string) => `/repository/${encoded(repository)}`
export const mirrorPath = (repository: string) => `/mirrors/${encoded(repository)}`
export const tagPath = (repository: string, tag: string) =>
  `${repositoryPath(repository)}/tag/${encodeURIComponent(tag)}`
export const manifestPath = (repository: string, digest: string) =>
  // A digest's colon is no delimiter in a path and is easier to read as it is.
  `${repositoryPath(repository)}/manifest/${encodeURIComponent(digest).replaceAll('%3A', ':')}`
export const organizationPath = (namespace: string) => `/organization/${encoded(namespace)}`
export const userPath = (name: string) => `/user/${encoded(name)}`
export const teamPath = (namespace: string, team: string) =>
  `${organizationPath(namespace)}/teams/${encodeURIComponent(team)}`

/** Where a sign-in may lead to: a path of ours, never another origin. */
export function safeReturn(target: string | null): string | undefined {
  if (target === null || !/^\/(?![/\\])/.test(target)) return undefined
  try {
    const base = 'https://mooring.invalid'
    const url = new URL(target, base)
    return url.origin === base ? url.pathname + url.search + url.hash : undefined
  } catch {
    return undefined
  }
}
