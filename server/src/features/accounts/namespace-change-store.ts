import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { TeamRow } from './team-store.ts'

/** What only a person has, as `table.column`: none of it is for an organization. */
const personal = [
  ['teammember', 'user_id'],
  ['repositorypermission', 'user_id'],
  ['star', 'user_id'],
  ['teammemberinvite', 'user_id'],
  ['teammemberinvite', 'inviter_id'],
  ['permissionprototype', 'activating_user_id'],
  ['permissionprototype', 'delegate_user_id'],
  ['oauthaccesstoken', 'authorized_user_id'],
  ['oauthauthorizationcode', 'user_id'],
  ['oauthassignedtoken', 'assigned_user_id'],
  ['appspecificauthtoken', 'user_id'],
  ['federatedlogin', 'user_id'],
  ['emailconfirmation', 'user_id'],
  ['userprompt', 'user_id'],
  ['recoverycode', 'user_id'],
] as const

/** Changes to all that carries the name, or the kind, of a namespace. */
export function namespaceChangeStore(db: Db) {
  return {
    /** The robots of a namespace and its repositories are named after it. */
    async rename(id: number, oldName: string, newName: string): Promise<void> {
      await db.updateTable('user').set({ username: newName }).where('id', '=', id).execute()
      await db
        .updateTable('user')
        .set((e) => ({
          username: sql<string>`${newName} || substr(${e.ref('username')}, ${sql.lit(oldName.length + 1)})`,
        }))
        .where('id', 'in', (e) =>
          e.selectFrom('robot_account').select('user_id').where('namespace_user_id', '=', id),
        )
        .execute()
      await db
        .updateTable('repository')
        .set((e) => ({ full_name: sql<string>`${`${newName}/`} || ${e.ref('name')}` }))
        .where('namespace_user_id', '=', id)
        // What is being deleted has lost its name already.
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .execute()
    },

    /** `owners`, or else the oldest. */
    findAdminTeam: (organizationId: number): Promise<TeamRow | undefined> =>
      db
        .selectFrom('team')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('role', '=', 'admin')
        .orderBy((e) => e.case().when('name', '=', 'owners').then(0).else(1).end())
        .orderBy('id')
        .executeTakeFirst(),

    async removePersonal(id: number): Promise<void> {
      for (const [table, column] of personal) {
        await sql`delete from ${sql.table(table)} where ${sql.ref(column)} = ${id}`.execute(db)
      }
    },
  }
}
