import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { AccountFace } from '../accounts/member-store.ts'

export interface ListedRobot {
  readonly id: number
  readonly username: string
  readonly enabled: number
  readonly description: string
  readonly created_at: Instant
  readonly last_accessed: Instant | null
}

/** Who has to do with a namespace, and how much. */
export function memberRowStore(db: Db) {
  return {
    /** People in any team, or in the one that is named. */
    people: (
      organizationId: number,
      team: string | undefined,
      limit: number,
    ): Promise<AccountFace[]> =>
      db
        .selectFrom('team')
        .innerJoin('teammember', 'teammember.team_id', 'team.id')
        .innerJoin('user', 'user.id', 'teammember.user_id')
        .select(['user.id', 'user.username', 'user.email', 'user.organization', 'user.robot'])
        .distinct()
        .where('team.organization_id', '=', organizationId)
        .$if(team !== undefined, (query) => query.where('team.name', '=', team ?? ''))
        .where('user.robot', '=', 0)
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    robots: (namespaceId: number, limit: number): Promise<ListedRobot[]> =>
      db
        .selectFrom('robot_account')
        .innerJoin('user', 'user.id', 'robot_account.user_id')
        .select([
          'user.id',
          'user.username',
          'user.enabled',
          'user.last_accessed',
          'robot_account.description',
          'robot_account.created_at',
        ])
        .where('robot_account.namespace_user_id', '=', namespaceId)
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    /** On how many repositories of the namespace each account has a role of its own. */
    async grantCounts(namespaceId: number): Promise<Map<number, number>> {
      const rows = await db
        .selectFrom('repositorypermission')
        .select((e) => ['user_id', e.fn.countAll<number>().as('count')])
        .where('namespace_user_id', '=', namespaceId)
        .where(sql<boolean>`user_id is not null`)
        .groupBy('user_id')
        .execute()
      return new Map(
        rows.flatMap(({ user_id, count }) => (user_id === null ? [] : [[user_id, count]])),
      )
    },

    /** The same for some accounts. */
    async grantCountsOf(
      namespaceId: number,
      among: readonly number[],
    ): Promise<Map<number, number>> {
      if (among.length === 0) return new Map()
      const rows = await db
        .selectFrom('repositorypermission')
        .select((e) => ['user_id', e.fn.countAll<number>().as('count')])
        .where('namespace_user_id', '=', namespaceId)
        .where('user_id', 'in', [...among])
        .groupBy('user_id')
        .execute()
      return new Map(
        rows.flatMap(({ user_id, count }) => (user_id === null ? [] : [[user_id, count]])),
      )
    },

    /** In how many teams of the namespace each account is. */
    async teamCounts(organizationId: number): Promise<Map<number, number>> {
      const rows = await db
        .selectFrom('team')
        .innerJoin('teammember', 'teammember.team_id', 'team.id')
        .select((e) => ['teammember.user_id', e.fn.countAll<number>().as('count')])
        .where('team.organization_id', '=', organizationId)
        .groupBy('teammember.user_id')
        .execute()
      return new Map(rows.map(({ user_id, count }) => [user_id, count]))
    },
  }
}
