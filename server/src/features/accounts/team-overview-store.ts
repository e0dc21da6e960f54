import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { RepositoryRole } from '../repositories/permission-store.ts'
import type { Visibility } from '../repositories/repository-store.ts'
import { ofLiveNamespace } from './deleted-namespace-store.ts'
import type { TeamRole } from './team-store.ts'

/** A team as lists of teams show it. */
export interface TeamOverview {
  readonly id: number
  readonly name: string
  readonly role: TeamRole
  readonly description: string
  readonly members: number
  readonly repositories: number
  readonly isSynced: boolean
  /** Whether the viewer is in it. */
  readonly isMine: boolean
}

/** A role on a repository, as its holder lists it. */
export interface HeldPermission {
  readonly repository: string
  readonly visibility: Visibility
  readonly role: RepositoryRole
}

/** Lists about teams, and what they and robots hold. */
export function teamOverviewStore(db: Db) {
  return {
    /** The teams of an organization in the order of their making. */
    async list(
      organizationId: number,
      viewerId: number | null,
      limit: number,
    ): Promise<TeamOverview[]> {
      const rows = await db
        .selectFrom('team')
        .select((e) => [
          ...(['team.id', 'team.name', 'team.role', 'team.description'] as const),
          e
            .selectFrom('teammember')
            .select((m) => m.fn.countAll<number>().as('count'))
            .whereRef('teammember.team_id', '=', 'team.id')
            .as('members'),
          e
            .selectFrom('repositorypermission')
            .select((p) => p.fn.countAll<number>().as('count'))
            .whereRef('repositorypermission.team_id', '=', 'team.id')
            .as('repositories'),
          e
            .exists(
              e
                .selectFrom('teamsync')
                .select('teamsync.team_id')
                .whereRef('teamsync.team_id', '=', 'team.id'),
            )
            .as('synced'),
          e
            .exists(
              e
                .selectFrom('teammember as mine')
                .select('mine.user_id')
                .whereRef('mine.team_id', '=', 'team.id')
                .where('mine.user_id', '=', viewerId ?? -1),
            )
            .as('mine'),
        ])
        .where('team.organization_id', '=', organizationId)
        .orderBy('team.id')
        .limit(limit)
        .execute()
      return rows.map(({ members, repositories, synced, mine, ...team }) => ({
        ...team,
        members: members ?? 0,
        repositories: repositories ?? 0,
        isSynced: Boolean(synced),
        isMine: Boolean(mine),
      }))
    },

    /** Which of these accounts are in which teams of an organization, by the teams' names. */
    listTeamsOf: async (organizationId: number, accountIds: readonly number[]) =>
      accountIds.length === 0
        ? []
        : db
            .selectFrom('teammember')
            .innerJoin('team', 'team.id', 'teammember.team_id')
            .select(['teammember.user_id as accountId', 'team.name'])
            .where('teammember.user_id', 'in', accountIds)
            .where('team.organization_id', '=', organizationId)
            .orderBy('team.name')
            .execute(),

    /** What a team, a robot or a person has a role on, by id of the grant. */
    listHeld: (
      holder: { readonly teamId: number } | { readonly userId: number },
      limit: number,
    ): Promise<HeldPermission[]> =>
      db
        .selectFrom('repositorypermission as held')
        .innerJoin('repository', 'repository.id', 'held.repository_id')
        .select(['repository.name as repository', 'repository.visibility', 'held.role'])
        .$if('teamId' in holder, (query) =>
          query.where('held.team_id', '=', 'teamId' in holder ? holder.teamId : -1),
        )
        .$if('userId' in holder, (query) =>
          query.where('held.user_id', '=', 'userId' in holder ? holder.userId : -1),
        )
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .where(ofLiveNamespace)
        .orderBy(sql.ref('held.repository_id'))
        .limit(limit)
        .execute(),

    /** The repositories on which these accounts have a role of their own, all within one namespace. */
    listRepositoriesOf: async (
      namespaceId: number,
      accountIds: readonly number[],
      limit: number,
    ): Promise<{ readonly accountId: number | null; readonly repository: string }[]> =>
      accountIds.length === 0
        ? []
        : db
            .selectFrom('repositorypermission as held')
            .innerJoin('repository', 'repository.id', 'held.repository_id')
            .select(['held.user_id as accountId', 'repository.name as repository'])
            .where('held.user_id', 'in', accountIds)
            .where('repository.namespace_user_id', '=', namespaceId)
            .where('repository.state', '!=', 'MARKED_FOR_DELETION')
            .orderBy('held.user_id')
            .orderBy('held.repository_id')
            .limit(limit)
            .execute(),
  }
}
