import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { splitRobotName } from '../accounts/account-names.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { Principal } from '../accounts/principal.ts'
import { teamStore } from '../accounts/team-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { listCatalog, type CatalogRules } from './catalog.ts'
import { permissionStore, type RepositoryRole } from './permission-store.ts'
import { requireCreatableName, type RepositoryName } from './repository-name.ts'
import {
  repositoryStore,
  type RepositoryRow,
  type RepositoryState,
  type Visibility,
} from './repository-store.ts'

export type RepositoryService = ReturnType<typeof createRepositoryService>

export interface NewRepository {
  readonly name: RepositoryName
  readonly namespace: Pick<AccountRow, 'id' | 'username'>
  readonly visibility: Visibility
  readonly description?: string | null
}

/** The rules of repositories. Who may call what is decided before, by `access`. */
export function createRepositoryService({
  db,
  clock,
  random,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  config: CatalogRules
}) {
  /** The namespace and name of a row, as the log wants them. */
  function describe(repository: RepositoryRow) {
    const namespace = repository.full_name.slice(0, -repository.name.length - 1)
    return {
      repositoryId: repository.id,
      account: { id: repository.namespace_user_id, username: namespace },
      about: { repo: repository.name, namespace },
    }
  }

  /** Undefined when the repository is there already. The creator gets direct admin. */
  async function tryCreate(
    { name, namespace, visibility, description = null }: NewRepository,
    by: Actor,
  ): Promise<RepositoryRow | undefined> {
    requireCreatableName(name)
    return db.transaction().execute(async (tx) => {
      const repository = await repositoryStore(tx).insert({
        namespaceId: namespace.id,
        name: name.name,
        fullName: name.fullName,
        visibility,
        description,
        createdAt: clock.now(),
      })
      if (!repository) return undefined
      const { principal } = by
      if (principal !== 'system' && principal.kind !== 'anonymous') {
        await permissionStore(tx).grant(repository.id, { userId: principal.id }, 'admin')
      }
      const { repositoryId, account, about } = describe(repository)
      await audit.recordIn(tx, {
        kind: 'create_repo',
        account,
        actor: by,
        repositoryId,
        metadata: about,
      })
      return repository
    })
  }

  async function getGrantee(tx: Db, repository: RepositoryRow, username: string) {
    const account = await accountStore(tx).find(username)
    if (!account || account.organization === 1) {
      throw new Problem('account-unknown', { username, message: `Invalid username: ${username}` })
    }
    if (account.id === repository.namespace_user_id) {
      throw new Problem('request-invalid', { message: 'Namespace owner must always be admin.' })
    }
    const robot = account.robot === 1 ? splitRobotName(username) : undefined
    const { username: namespace } = describe(repository).account
    if (robot && robot.namespace !== namespace) {
      throw new Problem('request-invalid', {
        username,
        message: `Cannot add robot ${username} under namespace ${namespace}`,
      })
    }
    return account
  }

  async function getTeam(tx: Db, repository: RepositoryRow, teamName: string) {
    const team = await teamStore(tx).find(repository.namespace_user_id, teamName)
    if (!team) {
      const { username: namespace } = describe(repository).account
      throw new Problem('request-invalid', {
        team: teamName,
        message: `No team ${teamName} in organization ${namespace}`,
      })
    }
    return team
  }

  return {
    /** A repository that is marked for deletion is not found. */
    find: (fullName: string): Promise<RepositoryRow | undefined> =>
      repositoryStore(db).find(fullName),

    listByIds: (ids: readonly number[]): Promise<RepositoryRow[]> =>
      repositoryStore(db).listByIds(ids),

    /** @throws Problem `repository-unknown` */
    async get(fullName: string): Promise<RepositoryRow> {
      const repository = await repositoryStore(db).find(fullName)
      if (!repository) throw new Problem('repository-unknown', { name: fullName })
      return repository
    },

    /** @throws Problem `repository-name-invalid`; `request-invalid` when it exists */
    async create(repository: NewRepository, by: Actor): Promise<RepositoryRow> {
      const created = await tryCreate(repository, by)
      if (!created) throw new Problem('request-invalid', { message: 'Repository already exists' })
      return created
    },

    /** The one that is there, or a new one: two first pushes at once end with the same. */
    async findOrCreate(repository: NewRepository, by: Actor): Promise<RepositoryRow> {
      const created = await tryCreate(repository, by)
      const found = created ?? (await repositoryStore(db).find(repository.name.fullName))
      if (!found) throw new Problem('repository-unknown', { name: repository.name.fullName })
      return found
    },

    async setVisibility(repository: RepositoryRow, visibility: Visibility, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        await repositoryStore(tx).setVisibility(repository.id, visibility)
        await audit.recordIn(tx, {
          kind: 'change_repo_visibility',
          account,
          actor: by,
          repositoryId,
          metadata: { ...about, visibility },
        })
      })
    },

    async setState(
      repository: RepositoryRow,
      state: Exclude<RepositoryState, 'MARKED_FOR_DELETION'>,
      by: Actor,
    ) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        await repositoryStore(tx).setState(repository.id, state)
        await audit.recordIn(tx, {
          kind: 'change_repo_state',
          account,
          actor: by,
          repositoryId,
          metadata: { ...about, state_changed: state },
        })
      })
    },

    /** Gone for everyone at once, and its name free again; its content is removed later, in batches. */
    async delete(repository: RepositoryRow, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      const name = `~${random.uuid()}`
      await db.transaction().execute(async (tx) => {
        await repositoryStore(tx).markForDeletion(repository.id, name, `${about.namespace}/${name}`)
        await audit.recordIn(tx, {
          kind: 'delete_repo',
          account,
          actor: by,
          repositoryId,
          metadata: about,
        })
      })
    },

    /** Full names in lexical order, after `after`. */
    listCatalog: (principal: Principal, after: string, limit: number) =>
      listCatalog({ db, config }, principal, after, limit),

    /** To a person, or to a robot of the same namespace. */
    async grantUser(repository: RepositoryRow, username: string, role: RepositoryRole, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        const grantee = await getGrantee(tx, repository, username)
        await permissionStore(tx).grant(repository.id, { userId: grantee.id }, role)
        await audit.recordIn(tx, {
          kind: 'change_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { username, ...about, role },
        })
      })
    },

    async revokeUser(repository: RepositoryRow, username: string, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        const grantee = await getGrantee(tx, repository, username)
        if (!(await permissionStore(tx).revoke(repository.id, { userId: grantee.id }))) {
          const message = 'User does not have permission for repo.'
          throw new Problem('request-invalid', { username, message })
        }
        await audit.recordIn(tx, {
          kind: 'delete_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { username, ...about },
        })
      })
    },

    async grantTeam(repository: RepositoryRow, teamName: string, role: RepositoryRole, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        const team = await getTeam(tx, repository, teamName)
        await permissionStore(tx).grant(repository.id, { teamId: team.id }, role)
        await audit.recordIn(tx, {
          kind: 'change_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { team: teamName, repo: about.repo, role },
        })
      })
    },

    async revokeTeam(repository: RepositoryRow, teamName: string, by: Actor) {
      const { repositoryId, account, about } = describe(repository)
      await db.transaction().execute(async (tx) => {
        const team = await getTeam(tx, repository, teamName)
        if (!(await permissionStore(tx).revoke(repository.id, { teamId: team.id }))) {
          const message = 'Team does not have permission for repo.'
          throw new Problem('request-invalid', { team: teamName, message })
        }
        await audit.recordIn(tx, {
          kind: 'delete_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { team: teamName, repo: about.repo },
        })
      })
    },
  }
}
