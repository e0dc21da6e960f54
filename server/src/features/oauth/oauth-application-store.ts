import type { Generated, Insertable, Selectable, Updateable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface OAuthApplicationTable {
  id: Generated<number>
  client_id: string
  client_secret_encrypted: string
  organization_id: number
  name: string
  description: Generated<string>
  application_uri: Generated<string>
  redirect_uri: Generated<string>
  avatar_email: string | null
  created_at: Instant
}

export type ApplicationRow = Selectable<OAuthApplicationTable>

const listedAtMost = 1_000

export function oauthApplicationStore(db: Db) {
  return {
    find: (clientId: string): Promise<ApplicationRow | undefined> =>
      db
        .selectFrom('oauthapplication')
        .selectAll()
        .where('client_id', '=', clientId)
        .executeTakeFirst(),

    findByName: (organizationId: number, name: string): Promise<ApplicationRow | undefined> =>
      db
        .selectFrom('oauthapplication')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('name', '=', name)
        .orderBy('id')
        .executeTakeFirst(),

    list: (organizationId: number): Promise<ApplicationRow[]> =>
      db
        .selectFrom('oauthapplication')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .orderBy('id')
        .limit(listedAtMost)
        .execute(),

    async count(organizationId: number): Promise<number> {
      const { count } = await db
        .selectFrom('oauthapplication')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('organization_id', '=', organizationId)
        .executeTakeFirstOrThrow()
      return count
    },

    insert: (application: Insertable<OAuthApplicationTable>): Promise<ApplicationRow> =>
      db
        .insertInto('oauthapplication')
        .values(application)
        .returningAll()
        .executeTakeFirstOrThrow(),

    /** Undefined when it has gone. */
    update: (
      id: number,
      changes: Updateable<OAuthApplicationTable>,
    ): Promise<ApplicationRow | undefined> =>
      db
        .updateTable('oauthapplication')
        .set(changes)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),

    /** Its tokens and codes go with it. */
    delete: (id: number) => db.deleteFrom('oauthapplication').where('id', '=', id).execute(),
  }
}
