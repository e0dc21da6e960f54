import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Actor, AuditEntry, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { orgMirrorStore } from '../org-mirrors/org-mirror-store.ts'
import { proxyCacheStore } from '../proxy-cache/proxy-cache-store.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { FreezeService } from './freeze-service.ts'
import {
  immutabilityStore,
  type PolicyOwner,
  type PolicyRow,
  type PolicyValues,
} from './immutability-store.ts'
import { requireTagPattern } from './tag-pattern.ts'

export type PolicyService = ReturnType<typeof createPolicyService>

/** Whose policies, and who changes them. */
export interface PolicyScope {
  readonly namespace: Pick<AccountRow, 'id' | 'username'>
  /** Absent: those of the namespace. */
  readonly repository?: Pick<RepositoryRow, 'id' | 'name'>
  readonly actor: Actor
}

const policiesAtMost = 100

/** The policies that make tags immutable (engines, 6). */
export function createPolicyService({
  db,
  random,
  audit,
  freezing,
}: {
  db: Db
  random: Random
  audit: AuditLog
  freezing: FreezeService
}) {
  async function require(on: Db, scope: PolicyScope, uuid: string): Promise<PolicyRow> {
    const policy = await immutabilityStore(on).find(ownerOf(scope), uuid)
    if (policy === undefined) throw new Problem('not-found')
    return policy
  }

  async function remove(tx: Db, scope: PolicyScope, uuid: string): Promise<void> {
    await immutabilityStore(tx).delete(uuid)
    await audit.recordIn(tx, entry(scope, 'delete_immutability_policy', { policy_uuid: uuid }))
  }

  async function replace(tx: Db, scope: PolicyScope, uuid: string, policy: PolicyValues) {
    await immutabilityStore(tx).update(uuid, policy)
    await audit.recordIn(tx, entry(scope, 'update_immutability_policy', keysOf(policy)))
  }

  /** Applies a policy to the tags that are there; takes it back by `undo` when that fails. */
  async function apply(
    scope: PolicyScope,
    policy: PolicyValues,
    undo: (tx: Db) => Promise<void>,
  ): Promise<void> {
    try {
      const count = await freezing.freeze(ownerOf(scope), policy)
      if (count === 0) return
      const metadata = { ...keysOf(policy), count }
      await audit.recordIn(db, entry(scope, 'tags_made_immutable_by_policy', metadata))
    } catch (error) {
      await db.transaction().execute(undo)
      throw error
    }
  }

  return {
    list: (scope: PolicyScope): Promise<PolicyRow[]> =>
      immutabilityStore(db).list(ownerOf(scope), policiesAtMost),

    get: (scope: PolicyScope, uuid: string): Promise<PolicyRow> => require(db, scope, uuid),

    async create(scope: PolicyScope, policy: PolicyValues): Promise<string> {
      requireTagPattern(policy.pattern)
      const uuid = random.uuid()
      await db.transaction().execute(async (tx) => {
        const store = immutabilityStore(tx)
        const owner = ownerOf(scope)
        if (
          scope.repository === undefined &&
          (await orgMirrorStore(tx).isMirrored(scope.namespace.id))
        ) {
          refuse(
            'Cannot create immutability policy: organization is managed by organization-level mirroring',
          )
        }
        if ((await proxyCacheStore(tx).find(scope.namespace.id)) !== undefined) {
          refuse('Cannot create immutability policy: organization is a proxy cache')
        }
        if ((await store.list(owner, policiesAtMost)).length === policiesAtMost) {
          refuse(`There can be at most ${policiesAtMost} immutability policies`)
        }
        if (!(await store.insert(owner, { uuid, ...policy }))) refuse(taken)
        await audit.recordIn(tx, entry(scope, 'create_immutability_policy', keysOf(policy)))
      })
      await apply(scope, policy, (tx) => remove(tx, scope, uuid))
      return uuid
    },

    /** Tags that are immutable by the old pattern stay so. */
    async update(scope: PolicyScope, uuid: string, policy: PolicyValues): Promise<void> {
      requireTagPattern(policy.pattern)
      const before = await db.transaction().execute(async (tx) => {
        const found = await require(tx, scope, uuid)
        const same = await immutabilityStore(tx).findByPattern(ownerOf(scope), policy.pattern)
        if (same !== undefined && same.uuid !== uuid) refuse(taken)
        await replace(tx, scope, uuid, policy)
        return { pattern: found.tag_pattern, matches: found.tag_pattern_matches === 1 }
      })
      await apply(scope, policy, (tx) => replace(tx, scope, uuid, before))
    },

    async delete(scope: PolicyScope, uuid: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await require(tx, scope, uuid)
        await remove(tx, scope, uuid)
      })
    },
  }
}

const taken = 'A policy with the same tag_pattern already exists'

function refuse(message: string): never {
  throw new Problem('request-invalid', { message })
}

function ownerOf({ namespace, repository }: PolicyScope): PolicyOwner {
  return repository === undefined ? { namespaceId: namespace.id } : { repositoryId: repository.id }
}

function keysOf({ pattern, matches }: PolicyValues) {
  return { tag_pattern: pattern, tag_pattern_matches: matches }
}

function entry(
  { namespace, repository, actor }: PolicyScope,
  kind: LogKind,
  metadata: Readonly<Record<string, unknown>>,
): AuditEntry {
  return {
    kind,
    account: { id: namespace.id, username: namespace.username },
    actor,
    repositoryId: repository?.id ?? null,
    metadata: {
      namespace: namespace.username,
      ...(repository && { repo: repository.name }),
      ...metadata,
    },
  }
}
