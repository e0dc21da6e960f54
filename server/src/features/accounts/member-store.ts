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
     * Grants that people and robots without a team have on repositories of an organization: those on
     * the next repositories after `afterId`. `lastId` is undefined when there were none left.
     */
    async listOutsideGrants(organizationId: number, afterId: number, repositories: number) {
      const ids = await db
        .selectFrom('repository')
        .select('id')
        .where('namespace_user_id', '=', organizationId)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(repositories)
        .execute()
      const lastId = ids.at(-1)?.id
      if (lastId === undefined) return { lastId, grants: [] }
      const grants = await db
        .selectFrom('repository')
        .innerJoin('repositorypermission as held', 'held.repository_id', 'repository.id')
        .innerJoin('user', 'user.id', 'held.user_id')
        .select(face)
        .select('repository.name as repository')
        .where('repository.namespace_user_id', '=', organizationId)
        .where('repository.id', '>', afterId)
        .where('repository.id', '<=', lastId)
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('teammember')
                .innerJoin('team', 'team.id', 'teammember.team_id')
                .select('teammember.user_id')
                .whereRef('teammember.user_id', '=', 'held.user_id')
                .where('team.organization_id', '=', organizationId),
            ),
          ),
        )
        .orderBy('repository.id')
        .execute()
      return { lastId, grants }
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
        .where('user_id', '=', accountId)
        .where((e) =>
          e.exists(
            e
              .selectFrom('repository')
              .select('repository.id')
              .whereRef('repository.id', '=', 'repositorypermission.repository_id')
              .where('repository.namespace_user_id', '=', organizationId),
          ),
        )
        .execute(),
  }
}
