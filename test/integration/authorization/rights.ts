import type { Expectation } from '../../conformance/api-expectations.ts'
import type { Scope } from '../../support/world.ts'

export type RepositoryRole = 'none' | 'read' | 'write' | 'admin'
export type TeamRole = 'none' | 'member' | 'creator' | 'admin'

/** What a caller is to the organization and the private repository that the calls are about. */
export interface Rights {
  /** False for everybody whose credentials count for nothing. */
  readonly loggedIn: boolean
  /** The password of an administrator, which only a page takes. */
  readonly password: boolean
  /** Of an OAuth token; undefined for a session, which may do everything. */
  readonly scopes?: readonly Scope[]
  readonly repository: RepositoryRole
  readonly organization: TeamRole
  /** Of the team that the calls name. */
  readonly inTeam: boolean
  readonly superuser: boolean
  readonly fullAccess: boolean
  /** Global read-only superuser. */
  readonly reader: boolean
  readonly restricted: boolean
}

/** `page`: refused in whatever way, as a page may also send a browser to the login. */
export type Verdict = 'let through' | '401' | '403' | 'page refused' | 'not done'

const repositoryRoles: readonly RepositoryRole[] = ['none', 'read', 'write', 'admin']
const teamRoles: readonly TeamRole[] = ['none', 'member', 'creator', 'admin']

/** What has to happen to a call, from permissions.md and nothing of the server. */
export function expectedVerdict({ who, scope }: Expectation, rights: Rights): Verdict {
  const allowed = isAllowed(who, scope, rights)
  if (allowed === 'proof') return 'not done'
  if (allowed) return 'let through'
  if (who === 'session' || who.startsWith('application-admin')) return 'page refused'
  if (who === 'first-or-superuser') return '403'
  return rights.loggedIn ? '403' : '401'
}

function isAllowed(
  who: Expectation['who'],
  scope: string | null,
  rights: Rights,
): boolean | 'proof' {
  const { loggedIn, restricted } = rights
  const has = (wanted: string) => rights.scopes?.some((one) => one === wanted) ?? true
  const isUser = loggedIn && (scope === null || has(scope))
  const isSuperuser = rights.superuser && has('super:user')
  const isFull = isSuperuser && rights.fullAccess
  const role = cappedRole(isFull ? 'admin' : rights.repository, rights.scopes)
  const teamRole = cappedTeamRole(rights.organization, rights.scopes)
  const onRepository = (wanted: RepositoryRole) =>
    repositoryRoles.indexOf(role) >= repositoryRoles.indexOf(wanted)
  const inOrganization = (wanted: TeamRole) =>
    isFull || teamRoles.indexOf(teamRole) >= teamRoles.indexOf(wanted)

  switch (who) {
    case 'anyone':
    case 'everybody':
      return true
    case 'user':
    case 'user-always':
      return isUser
    case 'unrestricted-user':
    case 'organization-creator':
      return isUser && !restricted
    case 'repository-reader':
      return onRepository('read') || rights.reader
    case 'repository-writer':
    case 'content-writer':
      return onRepository('write')
    case 'repository-admin':
      return onRepository('admin')
    case 'repository-admin-or-reader':
      return onRepository('admin') || rights.reader
    case 'member-or-reader':
      return inOrganization('member') || rights.reader
    case 'team-member-or-reader':
      return inOrganization('admin') || (rights.inTeam && teamRole !== 'none') || rights.reader
    case 'organization-admin':
      return inOrganization('admin')
    // The tests ask for a token with that scope.
    case 'token-giver':
      return inOrganization('admin') && has('org:admin')
    case 'organization-admin-or-reader':
      // One call about robots is declared for the account's own and needs that scope as well.
      return (
        (inOrganization('admin') && (scope !== 'user:admin' || has('user:admin'))) || rights.reader
      )
    case 'superuser':
    case 'first-or-superuser':
      return isSuperuser
    case 'superuser-or-reader':
      return isSuperuser || rights.reader
    case 'full-superuser-or-reader':
      return isFull || rights.reader
    case 'repository-creator':
      return inOrganization('creator')
    case 'team-sync':
      return inOrganization('admin') && isSuperuser
    // A token must not be good for getting another one.
    case 'session':
      return loggedIn && rights.scopes === undefined
    case 'application-admin':
      return loggedIn && rights.scopes === undefined && inOrganization('admin')
    case 'application-admin-or-password':
      return rights.password || (loggedIn && rights.scopes === undefined && inOrganization('admin'))
    case 'federated':
    case 'code-holder':
    case 'id-holder':
    case 'oauth-client':
    case 'key-holder':
    case 'federated-robot':
      return 'proof'
  }
}

function cappedRole(role: RepositoryRole, scopes: readonly Scope[] | undefined): RepositoryRole {
  if (scopes === undefined) return role
  const cap = (['admin', 'write', 'read'] as const).find((one) => scopes.includes(`repo:${one}`))
  return lower(role, cap ?? 'none', repositoryRoles)
}

function cappedTeamRole(role: TeamRole, scopes: readonly Scope[] | undefined): TeamRole {
  if (scopes === undefined || scopes.includes('org:admin')) return role
  return scopes.includes('repo:create') ? lower(role, 'creator', teamRoles) : 'none'
}

function lower<Role>(a: Role, b: Role, ranks: readonly Role[]): Role {
  return ranks.indexOf(a) < ranks.indexOf(b) ? a : b
}
