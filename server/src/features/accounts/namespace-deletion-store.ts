import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'

/** What belongs to an account beside its repositories, as `table.column`. */
const withIds = [
  ['oauthaccesstoken', 'authorized_user_id'],
  ['oauthauthorizationcode', 'user_id'],
  ['oauthassignedtoken', 'assigned_user_id'],
  ['appspecificauthtoken', 'user_id'],
  ['oauthapplication', 'organization_id'],
  ['permissionprototype', 'org_id'],
  ['permissionprototype', 'activating_user_id'],
  ['permissionprototype', 'delegate_user_id'],
  ['repositorypermission', 'user_id'],
  ['team', 'organization_id'],
  ['teammemberinvite', 'user_id'],
  ['teammemberinvite', 'inviter_id'],
  ['federatedlogin', 'user_id'],
  ['emailconfirmation', 'user_id'],
  ['notification', 'target_id'],
] as const
const withoutIds = [
  ['teammember', 'team_id'],
  ['star', 'repository_id'],
] as const

/** Queries over all that leaves with an account. */
export function namespaceDeletionStore(db: Db) {
  return {
    /** Takes the name and the address from an account, and the right to act. */
    retire: (id: number, username: string) =>
      db
        .updateTable('user')
        .set({ username, email: null, enabled: 0 })
        .where('id', '=', id)
        .execute(),

    /**
     * Removes robots, teams, tokens, applications and grants of an account, at most `limit` of each
     * kind. @returns whether that was all.
     */
    async removeLinked(id: number, limit: number): Promise<boolean> {
      const robots = await db
        .deleteFrom('user')
        .where('id', 'in', (e) =>
          e
            .selectFrom('robot_account')
            .select('user_id')
            .where('namespace_user_id', '=', id)
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      const removed = [Number(robots.numDeletedRows)]
      for (const [table, column] of withIds) {
        const { numAffectedRows } = await sql`
          delete from ${sql.table(table)} where id in (
            select id from ${sql.table(table)} where ${sql.ref(column)} = ${id} limit ${limit})`.execute(
          db,
        )
        removed.push(Number(numAffectedRows ?? 0))
      }
      for (const [table, other] of withoutIds) {
        const { numAffectedRows } = await sql`
          delete from ${sql.table(table)} where user_id = ${id} and ${sql.ref(other)} in (
            select ${sql.ref(other)} from ${sql.table(table)} where user_id = ${id} limit ${limit})`.execute(
          db,
        )
        removed.push(Number(numAffectedRows ?? 0))
      }
      return removed.every((count) => count < limit)
    },

    /**
     * Marks repositories of a namespace for deletion, at most `limit`, by id after `after`, and moves
     * them below a name that nobody can ask for.
     * @returns the last id looked at; undefined when no repository was left.
     */
    async markRepositories(
      id: number,
      namespace: string,
      after: number,
      limit: number,
    ): Promise<number | undefined> {
      const rows = await db
        .selectFrom('repository')
        .select(['id'])
        .where('namespace_user_id', '=', id)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      const last = rows.at(-1)
      if (last === undefined) return undefined
      await db
        .updateTable('repository')
        .set((e) => ({
          state: 'MARKED_FOR_DELETION' as const,
          full_name: sql<string>`${`~${namespace}/`} || ${e.ref('name')}`,
        }))
        .where(
          'id',
          'in',
          rows.map((row) => row.id),
        )
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .execute()
      return last.id
    },

    /** Names of organizations that would have no person left as admin without this one. */
    listOnlyAdministeredBy: async (userId: number): Promise<string[]> => {
      const rows = await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .innerJoin('user as organization', 'organization.id', 'team.organization_id')
        .select('organization.username')
        .distinct()
        .where('teammember.user_id', '=', userId)
        .where('team.role', '=', 'admin')
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('deletednamespace')
                .select('deletednamespace.namespace_user_id')
                .whereRef('deletednamespace.namespace_user_id', '=', 'organization.id'),
            ),
          ),
        )
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('team as other_team')
                .innerJoin('teammember as other', 'other.team_id', 'other_team.id')
                .innerJoin('user as person', 'person.id', 'other.user_id')
                .select('person.id')
                .whereRef('other_team.organization_id', '=', 'organization.id')
                .where('other_team.role', '=', 'admin')
                .where('person.robot', '=', 0)
                .where('person.id', '!=', userId),
            ),
          ),
        )
        .orderBy('organization.username')
        .execute()
      return rows.map((row) => row.username)
    },
  }
}
