import type { ExpressionBuilder, Generated } from 'kysely'

import type { Db, Tables } from '../../db/tables.ts'
import type { RepositoryRole } from '../repositories/permission-store.ts'

/** A default permission: what new repositories of an organization grant to whom. */
export interface PermissionPrototypeTable {
  id: Generated<number>
  uuid: string
  org_id: number
  activating_user_id: number | null
  delegate_user_id: number | null
  delegate_team_id: number | null
  role: RepositoryRole
}

/** Someone that a rule names. */
export interface PrototypeAccount {
  readonly username: string
  readonly email: string | null
  readonly isRobot: boolean
  /** In a team of the organization. */
  readonly isMember: boolean
}

export interface PrototypeRow {
  readonly id: number
  readonly uuid: string
  readonly role: RepositoryRole
  /** Null for every creator. */
  readonly activating: PrototypeAccount | null
  /** An account, or the name of a team. */
  readonly delegate: PrototypeAccount | { readonly team: string }
}

export interface PrototypeRule {
  readonly activating_user_id: number | null
  readonly delegate_user_id: number | null
  readonly delegate_team_id: number | null
  readonly role: RepositoryRole
}

export function prototypeStore(db: Db) {
  const described = (organizationId: number) =>
    db
      .selectFrom('permissionprototype as rule')
      .leftJoin('user as activating', 'activating.id', 'rule.activating_user_id')
      .leftJoin('user as delegate', 'delegate.id', 'rule.delegate_user_id')
      .leftJoin('team', 'team.id', 'rule.delegate_team_id')
      .select([
        'rule.id',
        'rule.uuid',
        'rule.role',
        'activating.username as activating_name',
        'activating.email as activating_email',
        'activating.robot as activating_robot',
        'delegate.username as delegate_name',
        'delegate.email as delegate_email',
        'delegate.robot as delegate_robot',
        'team.name as team_name',
      ])
      .select((e) => [
        e.exists(memberships(e, organizationId, 'rule.activating_user_id')).as('activating_member'),
        e.exists(memberships(e, organizationId, 'rule.delegate_user_id')).as('delegate_member'),
      ])
      .where('rule.org_id', '=', organizationId)

  type Described = Awaited<ReturnType<ReturnType<typeof described>['execute']>>[number]

  const toRow = (row: Described): PrototypeRow => ({
    id: row.id,
    uuid: row.uuid,
    role: row.role,
    activating: account(
      row.activating_name,
      row.activating_email,
      row.activating_robot,
      row.activating_member,
    ),
    delegate: account(
      row.delegate_name,
      row.delegate_email,
      row.delegate_robot,
      row.delegate_member,
    ) ?? { team: row.team_name ?? '' },
  })

  return {
    /** In the order of their making. */
    list: async (organizationId: number, limit: number): Promise<PrototypeRow[]> =>
      (await described(organizationId).orderBy('rule.id').limit(limit).execute()).map(toRow),

    find: async (organizationId: number, uuid: string): Promise<PrototypeRow | undefined> => {
      const row = await described(organizationId).where('rule.uuid', '=', uuid).executeTakeFirst()
      return row && toRow(row)
    },

    /** The rules for what this account creates, or anybody, in the order of their making. */
    listRulesFor: (
      organizationId: number,
      creatorId: number | null,
      limit: number,
    ): Promise<PrototypeRule[]> =>
      db
        .selectFrom('permissionprototype')
        .select(['activating_user_id', 'delegate_user_id', 'delegate_team_id', 'role'])
        .where('org_id', '=', organizationId)
        .where((e) =>
          e.or([
            e('activating_user_id', 'is', null),
            ...(creatorId === null ? [] : [e('activating_user_id', '=', creatorId)]),
          ]),
        )
        .orderBy('id')
        .limit(limit)
        .execute(),

    insert: (rule: PrototypeRule & { readonly uuid: string; readonly org_id: number }) =>
      db.insertInto('permissionprototype').values(rule).execute(),

    setRole: (id: number, role: RepositoryRole) =>
      db.updateTable('permissionprototype').set({ role }).where('id', '=', id).execute(),

    delete: (id: number) => db.deleteFrom('permissionprototype').where('id', '=', id).execute(),

    count: async (organizationId: number): Promise<number> => {
      const { count } = await db
        .selectFrom('permissionprototype')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('org_id', '=', organizationId)
        .executeTakeFirstOrThrow()
      return count
    },
  }
}

type WithRule = ExpressionBuilder<Tables & { rule: PermissionPrototypeTable }, 'rule'>

function memberships(
  e: WithRule,
  organizationId: number,
  member: 'rule.activating_user_id' | 'rule.delegate_user_id',
) {
  return e
    .selectFrom('teammember')
    .innerJoin('team as their_team', 'their_team.id', 'teammember.team_id')
    .select('teammember.user_id')
    .where('their_team.organization_id', '=', organizationId)
    .whereRef('teammember.user_id', '=', member)
}

function account(
  username: string | null,
  email: string | null,
  robot: number | null,
  member: unknown,
): PrototypeAccount | null {
  if (username === null) return null
  return { username, email, isRobot: robot === 1, isMember: Boolean(member) }
}
