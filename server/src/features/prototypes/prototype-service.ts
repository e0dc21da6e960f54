import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { splitRobotName } from '../accounts/account-names.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import { teamStore } from '../accounts/team-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { permissionStore, type RepositoryRole } from '../repositories/permission-store.ts'
import { effectiveGrants } from './effective-grants.ts'
import { prototypeStore, type PrototypeRow } from './prototype-store.ts'

export type PrototypeService = ReturnType<typeof createPrototypeService>

export interface NewPrototype {
  readonly role: RepositoryRole
  readonly delegate: { readonly kind: 'user' | 'team'; readonly name: string }
  /** Empty or absent for every creator. */
  readonly activatingUser?: string | undefined
}

/** So that creating a repository, and listing the rules, stays bounded. */
const atMost = 1_000

/**
 * Gives a new repository the grants that the organization's default permissions name, within the
 * transaction that creates it (permissions, 4). The creator keeps what it has.
 */
export async function applyPrototypes(
  tx: Db,
  {
    organization,
    repositoryId,
    creator,
  }: {
    readonly organization: Pick<AccountRow, 'id'>
    readonly repositoryId: number
    /** Null when the server itself creates. */
    readonly creator: { readonly id: number } | null
  },
): Promise<void> {
  const creatorId = creator?.id ?? null
  const rules = await prototypeStore(tx).listRulesFor(organization.id, creatorId, atMost)
  const permissions = permissionStore(tx)
  for (const { grantee, role } of effectiveGrants(rules, creatorId)) {
    await permissions.grant(repositoryId, grantee, role)
  }
}

/** The default permissions of organizations. Who may change them is decided before. */
export function createPrototypeService({
  db,
  random,
  audit,
}: {
  db: Db
  random: Random
  audit: AuditLog
}) {
  /** A person, or a robot of the organization. */
  async function findAccount(tx: Db, organization: AccountRow, username: string) {
    const account = await accountStore(tx).find(username)
    if (account?.organization !== 0) return undefined
    const robot = account.robot === 1 ? splitRobotName(username) : undefined
    return robot && robot.namespace !== organization.username ? undefined : account
  }

  async function findActivating(tx: Db, organization: AccountRow, username: string | undefined) {
    if (username === undefined || username === '') return null
    const account = await findAccount(tx, organization, username)
    if (account) return account
    throw new Problem('request-invalid', { username, message: 'Unknown activating user' })
  }

  async function findDelegate(
    tx: Db,
    organization: AccountRow,
    { kind, name }: NewPrototype['delegate'],
  ) {
    if (kind === 'team') {
      const team = await teamStore(tx).find(organization.id, name)
      if (team) return { delegate_team_id: team.id, delegate_user_id: null }
      const message = `Team '${name}' is not a team in org '${organization.username}'`
      throw new Problem('rule-violated', { team: name, message })
    }
    const account = await findAccount(tx, organization, name)
    if (account) return { delegate_team_id: null, delegate_user_id: account.id }
    const message = 'Missing delegate user or team'
    throw new Problem('request-invalid', { username: name, message })
  }

  async function getRow(tx: Db, organization: AccountRow, uuid: string): Promise<PrototypeRow> {
    const row = await prototypeStore(tx).find(organization.id, uuid)
    if (!row) throw new Problem('not-found', { prototype: uuid })
    return row
  }

  const record = (
    tx: Db,
    kind: LogKind,
    organization: AccountRow,
    { uuid, role, activating, delegate }: PrototypeRow,
    by: Actor,
    more: Readonly<Record<string, unknown>> = {},
  ) =>
    audit.recordIn(tx, {
      kind,
      account: organization,
      actor: by,
      metadata: {
        prototypeid: uuid,
        username: nameOf(by),
        activating_username: activating?.username ?? null,
        role,
        ...('team' in delegate
          ? { delegate_team: delegate.team }
          : { delegate_user: delegate.username }),
        ...more,
      },
    })

  return {
    list: (organization: AccountRow): Promise<PrototypeRow[]> =>
      prototypeStore(db).list(organization.id, atMost),

    /** @throws Problem `request-invalid` for an unknown account, `rule-violated` for a team */
    create(organization: AccountRow, rule: NewPrototype, by: Actor): Promise<PrototypeRow> {
      return db.transaction().execute(async (tx) => {
        const prototypes = prototypeStore(tx)
        const activating = await findActivating(tx, organization, rule.activatingUser)
        const delegate = await findDelegate(tx, organization, rule.delegate)
        if ((await prototypes.count(organization.id)) >= atMost) {
          const message = `An organization has at most ${String(atMost)} default permissions`
          throw new Problem('rule-violated', { message })
        }
        const uuid = random.uuid()
        await prototypes.insert({
          uuid,
          org_id: organization.id,
          activating_user_id: activating?.id ?? null,
          ...delegate,
          role: rule.role,
        })
        const row = await getRow(tx, organization, uuid)
        await record(tx, 'create_prototype_permission', organization, row, by)
        return row
      })
    },

    /** @throws Problem `not-found` */
    setRole(
      organization: AccountRow,
      uuid: string,
      role: RepositoryRole,
      by: Actor,
    ): Promise<PrototypeRow> {
      return db.transaction().execute(async (tx) => {
        const before = await getRow(tx, organization, uuid)
        await prototypeStore(tx).setRole(before.id, role)
        const row = { ...before, role }
        await record(tx, 'modify_prototype_permission', organization, row, by, {
          original_role: before.role,
        })
        return row
      })
    },

    /** @throws Problem `not-found` */
    async delete(organization: AccountRow, uuid: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const row = await getRow(tx, organization, uuid)
        await prototypeStore(tx).delete(row.id)
        await record(tx, 'delete_prototype_permission', organization, row, by)
      })
    },
  }
}

function nameOf({ principal }: Actor): string | null {
  return principal === 'system' || principal.kind === 'anonymous' ? null : principal.username
}
