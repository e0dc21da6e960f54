import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { endOfPrefix } from './search-text.ts'

export interface FoundTeam {
  readonly name: string
  readonly organization_id: number
}

const peopleAtOnce = 50
const roundsAtMost = 20

/** Finds accounts and teams by the beginning of their name. */
export function accountSearchStore(db: Db) {
  /** Names of organizations that the account administers, as a subquery. */
  const administered = (accountId: number) =>
    db
      .selectFrom('teammember')
      .innerJoin('team', 'team.id', 'teammember.team_id')
      .innerJoin('user as organization', 'organization.id', 'team.organization_id')
      .select(['organization.id', 'organization.username'])
      .distinct()
      .where('teammember.user_id', '=', accountId)
      .where('team.role', '=', 'admin')

  return {
    listByIds: (ids: readonly number[]): Promise<AccountRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : db.selectFrom('user').selectAll().where('id', 'in', ids).execute(),

    /**
     * People, and organizations where wanted, by name. Robots stand between them, each after its
     * owner, and are stepped over as a whole.
     */
    async listNamespaces(
      prefix: string,
      { organizations, limit }: { readonly organizations: boolean; readonly limit: number },
    ): Promise<AccountRow[]> {
      const found: AccountRow[] = []
      let after = ''
      for (let round = 0; round < roundsAtMost && found.length < limit; round++) {
        const rows = await db
          .selectFrom('user')
          .selectAll()
          .where('username', '>=', prefix)
          .where('username', '>', after)
          .where('username', '<', endOfPrefix(prefix))
          .orderBy('username')
          .limit(peopleAtOnce)
          .execute()
        found.push(
          ...rows.filter(
            (row) =>
              row.robot === 0 && row.enabled === 1 && (organizations || row.organization === 0),
          ),
        )
        const last = rows.at(-1)
        if (last === undefined || rows.length < peopleAtOnce) break
        // A comma comes right after the plus sign of robots.
        after =
          last.robot === 1
            ? `${last.username.slice(0, last.username.indexOf('+'))},`
            : last.username
      }
      return found.slice(0, limit)
    },

    listRobots: (prefix: string, limit: number): Promise<AccountRow[]> =>
      db
        .selectFrom('user')
        .selectAll()
        .where('username', '>=', prefix)
        .where('username', '<', endOfPrefix(prefix))
        .where('robot', '=', 1)
        .orderBy('username')
        .limit(limit)
        .execute(),

    /** Robots of the organizations that an account administers, by their short name. */
    async listAdministeredRobots(
      accountId: number,
      prefix: string,
      limit: number,
    ): Promise<AccountRow[]> {
      const start = `+${prefix}`
      return db
        .selectFrom(administered(accountId).as('owner'))
        .innerJoin('user as robot', (join) =>
          join
            .on((e) => e('robot.username', '>=', sql<string>`owner.username || ${start}`))
            .on((e) =>
              e('robot.username', '<', sql<string>`owner.username || ${endOfPrefix(start)}`),
            ),
        )
        .selectAll('robot')
        .where('robot.robot', '=', 1)
        .orderBy('robot.username')
        .limit(limit)
        .execute()
    },

    listTeams: (organizationId: number, prefix: string, limit: number): Promise<FoundTeam[]> =>
      db
        .selectFrom('team')
        .select(['name', 'organization_id'])
        .where('organization_id', '=', organizationId)
        .where('name', '>=', prefix)
        .where('name', '<', endOfPrefix(prefix))
        .orderBy('name')
        .limit(limit)
        .execute(),

    /** Teams that an account is in, or whose organization it administers. */
    async listOwnTeams(accountId: number, prefix: string, limit: number): Promise<FoundTeam[]> {
      const named = db
        .selectFrom('team')
        .select(['team.name', 'team.organization_id'])
        .where('team.name', '>=', prefix)
        .where('team.name', '<', endOfPrefix(prefix))
        .orderBy('team.name')
        .limit(limit)
      const joined = await named
        .innerJoin('teammember', 'teammember.team_id', 'team.id')
        .where('teammember.user_id', '=', accountId)
        .execute()
      const others = await named
        .innerJoin(administered(accountId).as('owner'), 'owner.id', 'team.organization_id')
        .execute()
      const all = new Map(
        [...joined, ...others].map((team) => [
          `${String(team.organization_id)}/${team.name}`,
          team,
        ]),
      )
      return [...all.values()].slice(0, limit)
    },

    /** Those of the accounts that are in a team of the organization. */
    async membersAmong(
      organizationId: number,
      among: readonly number[],
    ): Promise<ReadonlySet<number>> {
      if (among.length === 0) return new Set()
      const rows = await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .select('teammember.user_id')
        .distinct()
        .where('team.organization_id', '=', organizationId)
        .where('teammember.user_id', 'in', among)
        .execute()
      return new Set(rows.map((row) => row.user_id))
    },
  }
}
