import type { Generated, Selectable } from 'kysely'

import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { AccountFace } from './member-store.ts'

export type TeamRole = 'member' | 'creator' | 'admin'

export interface TeamTable {
  id: Generated<number>
  organization_id: number
  name: string
  role: TeamRole
  description: Generated<string>
}

export interface TeamMemberTable {
  team_id: number
  user_id: number
}

export type TeamRow = Selectable<TeamTable>

export function teamStore(db: Db) {
  return {
    find: (organizationId: number, name: string): Promise<TeamRow | undefined> =>
      db
        .selectFrom('team')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('name', '=', name)
        .executeTakeFirst(),

    /** Undefined when the organization has a team of that name. */
    insert: (team: { organizationId: number; name: string; role: TeamRole; description: string }) =>
      db
        .insertInto('team')
        .values({
          organization_id: team.organizationId,
          name: team.name,
          role: team.role,
          description: team.description,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst(),

    setRole: (id: number, role: TeamRole) =>
      db.updateTable('team').set({ role }).where('id', '=', id).execute(),

    setDescription: (id: number, description: string) =>
      db.updateTable('team').set({ description }).where('id', '=', id).execute(),

    /** With its members, grants, invitations and default permissions. */
    delete: (id: number) => db.deleteFrom('team').where('id', '=', id).execute(),

    /** Changes to who administers an organization wait for one another until their ends. */
    async lockOrganization(organizationId: number): Promise<void> {
      if (!hasRowLocks(db)) return
      await db
        .selectFrom('user')
        .select('id')
        .where('id', '=', organizationId)
        .forNoKeyUpdate()
        .execute()
    },

    /** By name. */
    listMembers: (teamId: number, limit: number): Promise<AccountFace[]> =>
      db
        .selectFrom('teammember')
        .innerJoin('user', 'user.id', 'teammember.user_id')
        .select(['user.id', 'user.username', 'user.email', 'user.organization', 'user.robot'])
        .where('teammember.team_id', '=', teamId)
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    /** The roles that an account has in an organization through its teams. */
    rolesOf: async (organizationId: number, userId: number): Promise<TeamRole[]> => {
      const rows = await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .select('team.role')
        .distinct()
        .where('teammember.user_id', '=', userId)
        .where('team.organization_id', '=', organizationId)
        .execute()
      return rows.map((row) => row.role)
    },

    isMember: async (teamId: number, userId: number): Promise<boolean> =>
      (await db
        .selectFrom('teammember')
        .select('user_id')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst()) !== undefined,

    /** False when it was a member already. */
    addMember: async (teamId: number, userId: number): Promise<boolean> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('teammember')
        .values({ team_id: teamId, user_id: userId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** False when it was no member. */
    removeMember: async (teamId: number, userId: number): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('teammember')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },

    /** Whether some person, not a robot, is in an admin team. */
    hasAdmin: async (organizationId: number): Promise<boolean> =>
      (await db
        .selectFrom('team')
        .innerJoin('teammember', 'teammember.team_id', 'team.id')
        .innerJoin('user', 'user.id', 'teammember.user_id')
        .select('user.id')
        .where('team.organization_id', '=', organizationId)
        .where('team.role', '=', 'admin')
        .where('user.robot', '=', 0)
        .limit(1)
        .executeTakeFirst()) !== undefined,
  }
}
