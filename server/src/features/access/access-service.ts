import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { OrganizationService } from '../accounts/organization-service.ts'
import { hasScope, type Principal } from '../accounts/principal.ts'
import { teamStore, type TeamRole } from '../accounts/team-store.ts'
import type { Actor } from '../audit/audit-log.ts'
import { mirrorStore } from '../mirrors/mirror-store.ts'
import { permissionStore, type RepositoryRole } from '../repositories/permission-store.ts'
import type { ProxyCaches } from '../proxy-cache/proxy-caches-service.ts'
import { orgMirrorStore } from '../org-mirrors/org-mirror-store.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'

export type AccessService = ReturnType<typeof createAccessService>

export type EffectiveRole = 'none' | RepositoryRole
export type EffectiveTeamRole = 'none' | TeamRole
export type RepositoryAction = 'push' | 'pull' | '*'

/** Which repositories somebody sees, for lists that cannot ask about each. */
export interface Sight {
  readonly everything: boolean
  /** Whose grants, teams and namespaces count. */
  readonly accountId?: number
  readonly publicOnes: boolean
}

export type AccessRules = Pick<Config, 'createPrivateRepoOnPush' | 'createNamespaceOnPush'> & {
  readonly features: Pick<FeatureConfig, 'anonymousAccess' | 'superusersFullAccess'>
}

const ranking = ['none', 'read', 'write', 'admin'] as const satisfies readonly EffectiveRole[]
const teamRanking = ['none', 'member', 'creator', 'admin'] as const satisfies EffectiveTeamRole[]

/** Whether a role is at least the wanted one. */
export function reaches(role: EffectiveRole, wanted: EffectiveRole): boolean {
  return ranking.indexOf(role) >= ranking.indexOf(wanted)
}

export function reachesTeamRole(role: EffectiveTeamRole, wanted: EffectiveTeamRole): boolean {
  return teamRanking.indexOf(role) >= teamRanking.indexOf(wanted)
}

/** The one place where rights are decided (permissions, 3 to 6; registry-protocol, 3.3 and 8). */
export function createAccessService({
  db,
  accounts,
  organizations,
  repositories,
  proxyCaches,
  config,
}: {
  db: Db
  accounts: AccountService
  organizations: OrganizationService
  repositories: RepositoryService
  /** Absent: no organization is a cache of another registry. */
  proxyCaches?: Pick<ProxyCaches, 'isProxied'>
  config: AccessRules
}) {
  /** A superuser with full access. */
  const isMaster = (principal: Principal) =>
    isSuperUser(principal) && config.features.superusersFullAccess

  /** May use the superuser's calls; a token needs the scope. */
  const isSuperUser = (principal: Principal) =>
    principal.kind === 'user' && principal.isSuperUser && hasScope(principal, 'super:user')

  const isReader = (principal: Principal) => principal.kind === 'user' && principal.isGlobalReadonly

  /** Admin of everything in a namespace: the owner, or an admin of the organization. */
  async function isNamespaceAdmin(principal: Principal, namespace: AccountRow): Promise<boolean> {
    return isMaster(principal) || (await teamRoleIn(principal, namespace)) === 'admin'
  }

  /**
   * The role in an organization through its teams, or admin of one's own namespace, as far as the
   * token lets it be used (permissions, 3 and 7). Full access is not looked at.
   */
  async function teamRoleIn(
    principal: Principal,
    namespace: Pick<AccountRow, 'id' | 'organization'>,
  ): Promise<EffectiveTeamRole> {
    if (principal.kind === 'anonymous') return 'none'
    const own = principal.id === namespace.id
    if (!own && namespace.organization === 0) return 'none'
    const roles = own
      ? (['admin'] as const)
      : await teamStore(db).rolesOf(namespace.id, principal.id)
    return atMost(teamCap(principal), highestOf(teamRanking, roles), teamRanking)
  }

  /** A restricted person, or its robot, in its own namespace; organizations are not affected. */
  function isRestrictedIn(principal: Principal, namespace: AccountRow): boolean {
    if (namespace.organization === 1 || !accounts.isRestricted(namespace.username)) return false
    return (
      (principal.kind === 'user' && principal.id === namespace.id) ||
      (principal.kind === 'robot' && principal.namespaceId === namespace.id)
    )
  }

  async function roleOn(
    principal: Principal,
    repository: Pick<RepositoryRow, 'id' | 'namespace_user_id' | 'visibility'>,
  ): Promise<EffectiveRole> {
    const isPublic = repository.visibility === 'public'
    if (principal.kind === 'anonymous') {
      return isPublic && config.features.anonymousAccess ? 'read' : 'none'
    }
    const own = isMaster(principal) || principal.id === repository.namespace_user_id
    const granted = own
      ? (['admin'] as const)
      : await permissionStore(db).rolesOf(principal.id, repository)
    const allowed = atMost(repositoryCap(principal), highestOf(ranking, granted), ranking)
    return allowed === 'none' && (isPublic || isReader(principal)) ? 'read' : allowed
  }

  /** The repositories on which `roleOn` says at least `read`. */
  function sightOf(principal: Principal): Sight {
    if (principal.kind === 'anonymous') {
      return { everything: false, publicOnes: config.features.anonymousAccess }
    }
    const counts = repositoryCap(principal) !== 'none'
    return {
      everything: isReader(principal) || (counts && isMaster(principal)),
      publicOnes: true,
      ...(counts && { accountId: principal.id }),
    }
  }

  async function mayCreateIn(principal: Principal, namespace: AccountRow): Promise<boolean> {
    if (principal.kind === 'anonymous' || namespace.robot === 1) return false
    if (isRestrictedIn(principal, namespace)) return false
    // In one's own namespace a token needs the scope for creating; in an organization, a role.
    if (principal.id === namespace.id && principal.kind === 'user') {
      return hasScope(principal, 'repo:create')
    }
    return isMaster(principal) || reachesTeamRole(await teamRoleIn(principal, namespace), 'creator')
  }

  /** Whether a pull may reach the registry that the organization is a cache of: members only. */
  async function mayPullThrough(principal: Principal, namespaceId: number): Promise<boolean> {
    if (principal.kind === 'anonymous' || repositoryCap(principal) === 'none') return false
    if (!(await proxyCaches?.isProxied(namespaceId))) return false
    if (isMaster(principal)) return true
    return (await teamRoleIn(principal, { id: namespaceId, organization: 1 })) !== 'none'
  }

  /** READ_ONLY takes no push; the mirror states take one from their mirror's robot only. */
  async function takesPushOf(principal: Principal, repository: RepositoryRow): Promise<boolean> {
    const { id, state, namespace_user_id } = repository
    if (state === 'NORMAL') return true
    if (principal.kind !== 'robot') return false
    if (state === 'MIRROR') return mirrorStore(db).isRobotOf(id, principal.id)
    return state === 'ORG_MIRROR' && orgMirrorStore(db).isRobotOf(namespace_user_id, principal.id)
  }

  async function mayPush(principal: Principal, repository: RepositoryRow, namespace: AccountRow) {
    if (principal.kind === 'anonymous' || isRestrictedIn(principal, namespace)) return false
    if (!(await takesPushOf(principal, repository))) return false
    return reaches(await roleOn(principal, repository), 'write')
  }

  /** @throws Problem `method-not-allowed` when the namespace cannot be made */
  async function createNamespace(name: RepositoryName, by: Actor): Promise<AccountRow | undefined> {
    const { principal } = by
    if (principal === 'system' || principal.kind !== 'user') return undefined
    if (principal.isRestricted || principal.isGlobalReadonly) return undefined
    const creator = await accountStore(db).find(principal.username)
    try {
      return await organizations.create(
        { name: name.namespace, email: addressFor(name.namespace, creator?.email ?? null) },
        principal.id,
        by,
      )
    } catch (error) {
      if (isProblem(error, 'namespace-taken')) return accounts.findNamespace(name.namespace)
      if (!isProblem(error)) throw error
      throw new Problem(
        'method-not-allowed',
        { message: 'Cannot create organization' },
        { cause: error },
      )
    }
  }

  /** The repository that a push is meant for, made when it may be; undefined when there is none. */
  async function createForPush(name: RepositoryName, found: AccountRow | undefined, by: Actor) {
    if (by.principal === 'system' || by.principal.kind === 'anonymous') return undefined
    const namespace = found ?? (await createNamespace(name, by))
    if (!namespace || !(await mayCreateIn(by.principal, namespace))) return undefined
    if (await orgMirrorStore(db).isMirrored(namespace.id)) return undefined
    const visibility = config.createPrivateRepoOnPush ? 'private' : 'public'
    return repositories.findOrCreate({ name, namespace, visibility }, by)
  }

  return {
    roleOn,
    sightOf,
    teamRoleIn,
    mayPullThrough,
    mayCreateIn,
    isNamespaceAdmin,
    isRestrictedIn,

    /** As `isRestrictedIn`, for a namespace that is known by its name, or is not there. */
    async isRestrictedAt(principal: Principal, namespaceName: string): Promise<boolean> {
      const namespace = await accounts.findNamespace(namespaceName)
      return namespace !== undefined && isRestrictedIn(principal, namespace)
    },

    isSuperUser,
    hasFullAccess: isMaster,
    isGlobalReader: isReader,

    /**
     * What of the wanted actions is granted, in the order push, pull, `*`. A push to a repository
     * that is not there creates it now, for who may (registry-protocol, 3.3).
     * @throws Problem `namespace-disabled`; `repository-name-invalid` for a name that cannot be created
     */
    async decide(
      principal: Principal,
      name: RepositoryName,
      actions: readonly RepositoryAction[],
      ip: string | null = null,
    ): Promise<RepositoryAction[]> {
      const namespace = await accounts.findNamespace(name.namespace)
      if (namespace?.enabled === 0) {
        throw new Problem('namespace-disabled', {
          namespace: name.namespace,
          message: `Namespace ${name.namespace} has been disabled. Please contact a system administrator.`,
        })
      }
      if (!namespace && !config.createNamespaceOnPush) return []

      let repository = namespace && (await repositories.find(name.fullName))
      const granted: RepositoryAction[] = []

      if (actions.includes('push')) {
        repository ??= await createForPush(name, namespace, { principal, ip })
        const owner = namespace ?? (await accounts.findNamespace(name.namespace))
        if (repository && owner && (await mayPush(principal, repository, owner))) {
          granted.push('push')
        }
      }
      if (actions.includes('pull')) {
        const allowed = repository
          ? (await roleOn(principal, repository)) !== 'none'
          : namespace !== undefined &&
            (isReader(principal) || (await isNamespaceAdmin(principal, namespace)))
        if (allowed || (namespace && (await mayPullThrough(principal, namespace.id)))) {
          granted.push('pull')
        }
      }
      if (
        actions.includes('*') &&
        repository?.state === 'NORMAL' &&
        // Everything would be a push as well.
        !(namespace && isRestrictedIn(principal, namespace)) &&
        (await roleOn(principal, repository)) === 'admin'
      ) {
        granted.push('*')
      }
      return granted
    },
  }
}

function highestOf<Role extends string>(ranks: readonly Role[], roles: readonly Role[]): Role {
  const best = ranks.findLast((role) => roles.includes(role)) ?? ranks[0]
  if (best === undefined) throw new TypeError('there are no ranks')
  return best
}

function atMost<Role extends string>(cap: Role, role: Role, ranks: readonly Role[]): Role {
  return ranks.indexOf(role) > ranks.indexOf(cap) ? cap : role
}

/** How much of a repository role a token lets through. */
function repositoryCap(principal: Principal): EffectiveRole {
  if (principal.kind !== 'user') return 'admin'
  if (hasScope(principal, 'repo:admin')) return 'admin'
  if (hasScope(principal, 'repo:write')) return 'write'
  return hasScope(principal, 'repo:read') ? 'read' : 'none'
}

/** How much of a role in an organization a token lets through; without the scopes, no membership. */
function teamCap(principal: Principal): EffectiveTeamRole {
  if (principal.kind !== 'user' || hasScope(principal, 'org:admin')) return 'admin'
  return hasScope(principal, 'repo:create') ? 'creator' : 'none'
}

/** `ada@example.com` becomes `ada+acme@example.com`: an address belongs to one account. */
function addressFor(namespace: string, email: string | null): string | null {
  const at = email?.lastIndexOf('@') ?? -1
  return email === null || at < 0 ? null : `${email.slice(0, at)}+${namespace}${email.slice(at)}`
}
