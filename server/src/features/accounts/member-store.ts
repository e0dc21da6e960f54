import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'

/** As much of an account as lists show. */
export interface AccountFace {
  readonly id: number
  readonly username: string
  readonly email: string | null
  readonly organization: number
  readonly robot: number
}

const face = ['user.id', 'user.username', 'user.email', 'user.organization', 'user.robot'] as const

/** Who has to do with an organization: through its teams, or through grants on its repositories. */
export function memberStore(db: Db) {
  return {
    /** People in any team of an organization, by name. */
    listPeople: (organizationId: number, limit: number): Promise<AccountFace[]> =>
      db
        .selectFrom('team')
        .innerJoin('teammember', 'teammember.team_id', 'team.id')
        .innerJoin('user', 'user.id', 'teammember.user_id')
        .select(face)
        .distinct()
        .where('team.organization_id', '=', organizationId)
        .where('user.robot', '=', 0)
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    isInAnyTeam: async (organizationId: number, accountId: number): Promise<boolean> =>
      (await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .select('team.id')
        .where('teammember.user_id', '=', accountId)
        .where('team.organization_id', '=', organizationId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /**
     * People and robots without a team that have grants on repositories of an organization, by name.
     * From each holder of a grant the index leads to the next one, past all that the former has.
     */
    async listOutsiders(organizationId: number, limit: number): Promise<AccountFace[]> {
      const { rows } = await sql<AccountFace>`
        with recursive holder (id) as (
          select min(user_id) from repositorypermission
          where namespace_user_id = ${organizationId} and user_id is not null
          union all
          select (
            select min(user_id) from repositorypermission
            where namespace_user_id = ${organizationId} and user_id > holder.id
          ) from holder where holder.id is not null
        )
        select ${sql.join(face.map((column) => sql.ref(column)))}
        from holder join ${sql.table('user')} on ${sql.ref('user.id')} = holder.id
        where not exists (
          select 1 from teammember join team on team.id = teammember.team_id
          where teammember.user_id = holder.id and team.organization_id = ${organizationId}
        )
        order by ${sql.ref('user.username')} limit ${limit}`.execute(db)
      return rows
    },

    /** Takes an account out of every team. @returns the names of the teams it was in. */
    async removeFromTeams(organizationId: number, accountId: number): Promise<string[]> {
      const teams = await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .select(['team.id', 'team.name'])
        .where('teammember.user_id', '=', accountId)
        .where('team.organization_id', '=', organizationId)
        .orderBy('team.name')
        .execute()
      if (teams.length === 0) return []
      await db
        .deleteFrom('teammember')
        .where('user_id', '=', accountId)
        .where('team_id', 'in', (e) =>
          e.selectFrom('team').select('team.id').where('team.organization_id', '=', organizationId),
        )
        .execute()
      return teams.map(({ name }) => name)
    },

    /** Takes an account's own grants on repositories of an organization away. */
    revokeGrants: (organizationId: number, accountId: number) =>
      db
        .deleteFrom('repositorypermission')
        .where('namespace_user_id', '=', organizationId)
        .where('user_id', '=', accountId)
        .execute(),
  }
}
