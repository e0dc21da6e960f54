import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { orgMirrorStore } from '../org-mirrors/org-mirror-store.ts'
import { applyPrototypes } from '../prototypes/prototype-service.ts'
import { listCatalog, type CatalogRules } from './catalog.ts'
import { createPermissionService } from './permission-service.ts'
import { permissionStore, type RepositoryRole } from './permission-store.ts'
import { requireCreatableName, type RepositoryName } from './repository-name.ts'
import {
  repositoryStore,
  type RepositoryRow,
  type RepositoryState,
  type Visibility,
} from './repository-store.ts'
import { subjectOf } from './repository-subject.ts'

export type RepositoryService = ReturnType<typeof createRepositoryService>

export interface NewRepository {
  readonly name: RepositoryName
  readonly namespace: Pick<AccountRow, 'id' | 'username'>
  readonly visibility: Visibility
  readonly description?: string | null
  /** What whoever creates it may do; admin unless it is made by a pull. */
  readonly creatorRole?: RepositoryRole
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
  /** Undefined when the repository is there already. The creator gets direct admin, others what defaults say. */
  async function tryCreate(
    { name, namespace, visibility, description = null, creatorRole = 'admin' }: NewRepository,
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
      if (await orgMirrorStore(tx).isMirrored(namespace.id)) {
        const message =
          'Cannot create repository: organization is managed by organization-level mirroring'
        throw new Problem('request-invalid', { message })
      }
      const { principal } = by
      const creator = principal === 'system' || principal.kind === 'anonymous' ? null : principal
      if (creator !== null) {
        await permissionStore(tx).grant(repository.id, { userId: creator.id }, creatorRole)
      }
      await applyPrototypes(tx, {
        organization: namespace,
        repositoryId: repository.id,
        creator,
      })
      const { repositoryId, account, about } = subjectOf(repository)
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
      const { repositoryId, account, about } = subjectOf(repository)
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

    async setDescription(repository: RepositoryRow, description: string, by: Actor) {
      const { repositoryId, account, about } = subjectOf(repository)
      await db.transaction().execute(async (tx) => {
        await repositoryStore(tx).setDescription(repository.id, description)
        await audit.recordIn(tx, {
          kind: 'set_repo_description',
          account,
          actor: by,
          repositoryId,
          metadata: { ...about, description },
        })
      })
    },

    /** @throws Problem `state-invalid` */
    async setState(
      repository: RepositoryRow,
      state: Exclude<RepositoryState, 'MARKED_FOR_DELETION'>,
      by: Actor,
    ) {
      const { repositoryId, account, about } = subjectOf(repository)
      if (repository.state === 'ORG_MIRROR') {
        const message =
          'Repository state changes are not allowed in an organization managed by organization-level mirroring'
        throw new Problem('state-invalid', { repository: repository.full_name, message })
      }
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
      const { repositoryId, account, about } = subjectOf(repository)
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

    ...createPermissionService({ db, audit }),
  }
}
