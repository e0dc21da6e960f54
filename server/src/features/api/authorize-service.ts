import type { Rule } from '../../contract/endpoint.ts'
import type { OAuthScope } from '../../contract/oauth-scopes.ts'
import { Problem } from '../../problem.ts'
import {
  reaches,
  reachesTeamRole,
  type AccessService,
  type EffectiveRole,
  type EffectiveTeamRole,
} from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { OrganizationService } from '../accounts/organization-service.ts'
import { hasScope, type Principal } from '../accounts/principal.ts'
import type { TeamRow } from '../accounts/team-store.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { ApiCaller } from './api-call.ts'

export type Authorizer = ReturnType<typeof createAuthorizer>

/** What a rule has shown about a call; `missing` asks for an answer of 200 and null. */
export type Grant =
  | { readonly kind: 'open' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'user'; readonly user: AccountRow }
  | {
      readonly kind: 'repository'
      readonly repository: RepositoryRow
      readonly namespace: AccountRow
      readonly role: EffectiveRole
    }
  | {
      readonly kind: 'organization'
      readonly organization: AccountRow
      readonly teamRole: EffectiveTeamRole
      readonly team?: TeamRow
    }

export interface Asked {
  readonly rule: Rule
  readonly scope: OAuthScope | null
  readonly isRead: boolean
  readonly params: Readonly<Record<string, string>>
}

/**
 * Decides whether a call passes the rule of its route (permissions.md). Rights are looked at before
 * existence: whoever may not see a thing cannot learn whether it is there.
 */
export function createAuthorizer({
  access,
  accounts,
  organizations,
  repositories,
}: {
  access: AccessService
  accounts: AccountService
  organizations: OrganizationService
  repositories: RepositoryService
}) {
  return {
    /** @throws Problem `unauthenticated`, `access-denied`, `not-found`, `repository-not-normal`, … */
    async authorize(caller: ApiCaller, asked: Asked): Promise<Grant> {
      const { rule } = asked
      switch (rule.kind) {
        case 'anyone':
        case 'handler':
          return { kind: 'open' }
        case 'user':
          return { kind: 'user', user: requireUser(caller, asked) }
        case 'superuser':
          return { kind: 'user', user: requireSuperUser(caller, asked, rule) }
        case 'repository':
          return repository(caller, asked, rule)
        case 'organization':
          return organization(caller, asked, rule)
        case 'team':
          return team(caller, asked)
      }
    },
  }

  function requireUser(caller: ApiCaller, { scope, rule }: Asked): AccountRow {
    if (caller.kind === 'anonymous') {
      // The one call that asks who is logged in says that this answer is no failure.
      if (rule.kind === 'user' && rule.always) {
        throw new Problem('unauthenticated', { extra: { session_required: false } })
      }
      throw refusal(caller.principal)
    }
    if (scope !== null && !hasScope(caller.principal, scope)) throw refusal(caller.principal)
    if (
      rule.kind === 'user' &&
      rule.unrestricted &&
      access.isRestrictedIn(caller.principal, caller.account)
    ) {
      throw refusal(caller.principal)
    }
    return caller.account
  }

  function requireSuperUser(
    caller: ApiCaller,
    { isRead }: Asked,
    { readers = isRead, fullAccess }: Rule & { kind: 'superuser' },
  ): AccountRow {
    if (caller.kind === 'anonymous') throw refusal(caller.principal)
    const { principal } = caller
    const allowed =
      (fullAccess ? access.hasFullAccess(principal) : access.isSuperUser(principal)) ||
      (readers && access.isGlobalReader(principal))
    if (!allowed) throw refusal(principal)
    return caller.account
  }

  async function repository(
    { principal }: ApiCaller,
    { params, isRead }: Asked,
    rule: Rule & { kind: 'repository' },
  ): Promise<Grant> {
    const fullName = params['repository'] ?? ''
    const found = await repositories.find(fullName)
    const namespace = await accounts.findNamespace(fullName.split('/')[0] ?? '')
    const isReader = (rule.readers ?? isRead) && access.isGlobalReader(principal)
    if (found === undefined || namespace === undefined) {
      const maySee =
        isReader ||
        access.hasFullAccess(principal) ||
        (namespace !== undefined && (await access.isNamespaceAdmin(principal, namespace)))
      if (!maySee) throw refusal(principal)
      if (rule.missing === 'null') return { kind: 'missing' }
      throw new Problem('not-found')
    }
    const role = await access.roleOn(principal, found)
    if (!reaches(role, rule.role) && !isReader) throw refusal(principal)
    if (rule.changesContent) requireChangeable(principal, found, namespace)
    return { kind: 'repository', repository: found, namespace, role }
  }

  function requireChangeable(principal: Principal, found: RepositoryRow, namespace: AccountRow) {
    if (found.state !== 'NORMAL') {
      throw new Problem('repository-not-normal', { state: found.state })
    }
    if (access.isRestrictedIn(principal, namespace)) throw new Problem('restricted-namespace')
  }

  async function organization(
    { principal }: ApiCaller,
    { params, isRead }: Asked,
    rule: Rule & { kind: 'organization' },
  ): Promise<Grant> {
    const found = await organizations.find(params['orgname'] ?? '')
    const mayAll =
      access.hasFullAccess(principal) ||
      ((rule.readers ?? isRead) && access.isGlobalReader(principal))
    if (found === undefined) throw mayAll ? new Problem('not-found') : refusal(principal)
    const teamRole = await access.teamRoleIn(principal, found)
    if (!mayAll && !reachesTeamRole(teamRole, rule.role)) throw refusal(principal)
    return { kind: 'organization', organization: found, teamRole }
  }

  async function team({ principal }: ApiCaller, { params, isRead }: Asked): Promise<Grant> {
    const found = await organizations.find(params['orgname'] ?? '')
    const mayAll = access.hasFullAccess(principal) || (isRead && access.isGlobalReader(principal))
    if (found === undefined) throw mayAll ? new Problem('not-found') : refusal(principal)
    const teamRole = await access.teamRoleIn(principal, found)
    const wanted = await organizations.findTeam(found.id, params['teamname'] ?? '')
    const isMember =
      teamRole !== 'none' &&
      wanted !== undefined &&
      principal.kind !== 'anonymous' &&
      (await organizations.isTeamMember(wanted.id, principal.id))
    if (!mayAll && teamRole !== 'admin' && !isMember) throw refusal(principal)
    if (wanted === undefined) throw new Problem('not-found')
    return { kind: 'organization', organization: found, teamRole, team: wanted }
  }
}

/** Nobody is told to log in; somebody that it is not allowed (api-shapes, 1.2). */
export function refusal(principal: Principal): Problem {
  return new Problem(principal.kind === 'anonymous' ? 'unauthenticated' : 'access-denied')
}
