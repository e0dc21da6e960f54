import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { RepositoryRole } from '../repositories/permission-store.ts'
import type { Visibility } from '../repositories/repository-store.ts'
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

    /**
     * What a team or a robot has a role on, by id of the repository: all of one namespace, which the
     * caller has found alive.
     */
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
        .orderBy(sql.ref('held.repository_id'))
        .limit(limit)
        .execute(),

    /**
     * The repositories of one namespace on which accounts have a role of their own, by id; accounts
     * without any are missing. Joined by the database: a row for each costs more than finding it.
     */
    async listRepositoriesOf(
      namespaceId: number,
      accountIds: readonly number[],
      limitOfEach: number,
    ): Promise<ReadonlyMap<number, readonly string[]>> {
      if (accountIds.length === 0) return new Map()
      const { rows } = await sql<{ readonly id: number; readonly names: string | null }>`
        select holder.id, (
          select string_agg(listed.name, ' ') from (
            select repository.name from repositorypermission as held
            join repository on repository.id = held.repository_id
            where held.namespace_user_id = ${namespaceId} and held.user_id = holder.id
              and repository.state <> 'MARKED_FOR_DELETION'
            order by held.repository_id limit ${limitOfEach}
          ) as listed
        ) as names
        from ${sql.table('user')} as holder where holder.id in (${sql.join(accountIds)})`.execute(
        db,
      )
      return new Map(
        rows.flatMap(({ id, names }) => (names === null ? [] : [[id, names.split(' ')]])),
      )
    },
  }
}
