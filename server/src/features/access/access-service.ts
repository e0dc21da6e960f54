import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { OrganizationService } from '../accounts/organization-service.ts'
import type { Principal } from '../accounts/principal.ts'
import { teamStore } from '../accounts/team-store.ts'
import type { Actor } from '../audit/audit-log.ts'
import { permissionStore, type RepositoryRole } from '../repositories/permission-store.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'

export type AccessService = ReturnType<typeof createAccessService>

export type EffectiveRole = 'none' | RepositoryRole
export type RepositoryAction = 'push' | 'pull' | '*'

export type AccessRules = Pick<Config, 'createPrivateRepoOnPush' | 'createNamespaceOnPush'> & {
  readonly features: Pick<FeatureConfig, 'anonymousAccess' | 'superusersFullAccess'>
}

const ranking: readonly EffectiveRole[] = ['none', 'read', 'write', 'admin']

/** The one place where rights are decided (permissions, 3 to 6; registry-protocol, 3.3 and 8). */
export function createAccessService({
  db,
  accounts,
  organizations,
  repositories,
  config,
}: {
  db: Db
  accounts: AccountService
  organizations: OrganizationService
  repositories: RepositoryService
  config: AccessRules
}) {
  /** A superuser with full access. */
  const isMaster = (principal: Principal) =>
    principal.kind === 'user' && principal.isSuperUser && config.features.superusersFullAccess

  const isReader = (principal: Principal) => principal.kind === 'user' && principal.isGlobalReadonly

  /** Admin of everything in a namespace: the owner, or an admin of the organization. */
  async function isNamespaceAdmin(principal: Principal, namespace: AccountRow): Promise<boolean> {
    if (principal.kind === 'anonymous') return false
    if (isMaster(principal) || principal.id === namespace.id) return true
    if (namespace.organization === 0) return false
    return (await teamStore(db).rolesOf(namespace.id, principal.id)).includes('admin')
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
    if (isMaster(principal) || principal.id === repository.namespace_user_id) return 'admin'
    const granted = await permissionStore(db).rolesOf(principal.id, repository)
    return highest(isPublic || isReader(principal) ? ['read', ...granted] : granted)
  }

  async function mayCreateIn(principal: Principal, namespace: AccountRow): Promise<boolean> {
    if (principal.kind === 'anonymous' || namespace.robot === 1) return false
    if (isRestrictedIn(principal, namespace)) return false
    if (await isNamespaceAdmin(principal, namespace)) return true
    if (namespace.organization === 0) return false
    return (await teamStore(db).rolesOf(namespace.id, principal.id)).includes('creator')
  }

  async function mayPush(principal: Principal, repository: RepositoryRow, namespace: AccountRow) {
    if (principal.kind === 'anonymous' || isRestrictedIn(principal, namespace)) return false
    // READ_ONLY takes no push; the mirror states take one from their mirror's robot only.
    if (repository.state !== 'NORMAL') return false
    return ranking.indexOf(await roleOn(principal, repository)) >= ranking.indexOf('write')
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
    const visibility = config.createPrivateRepoOnPush ? 'private' : 'public'
    return repositories.findOrCreate({ name, namespace, visibility }, by)
  }

  return {
    roleOn,
    mayCreateIn,
    isNamespaceAdmin,

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
        if (allowed) granted.push('pull')
      }
      if (
        actions.includes('*') &&
        repository?.state === 'NORMAL' &&
        (await roleOn(principal, repository)) === 'admin'
      ) {
        granted.push('*')
      }
      return granted
    },
  }
}

function highest(roles: readonly EffectiveRole[]): EffectiveRole {
  return ranking.findLast((role) => roles.includes(role)) ?? 'none'
}

/** `ada@example.com` becomes `ada+acme@example.com`: an address belongs to one account. */
function addressFor(namespace: string, email: string | null): string | null {
  const at = email?.lastIndexOf('@') ?? -1
  return email === null || at < 0 ? null : `${email.slice(0, at)}+${namespace}${email.slice(at)}`
}
