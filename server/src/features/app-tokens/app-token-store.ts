import type { Generated, Insertable, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** The first 60 characters of a token are its name, the other 60 a secret that is kept encrypted. */
export interface AppSpecificAuthTokenTable {
  id: Generated<number>
  uuid: string
  user_id: number
  title: string
  token_name: string
  token_secret_encrypted: string
  created_at: Instant
  expiration: Instant | null
  last_accessed: Instant | null
}

export type AppTokenRow = Selectable<AppSpecificAuthTokenTable>

export function appTokenStore(db: Db) {
  const tokens = () => db.selectFrom('appspecificauthtoken').selectAll()

  return {
    insert: (token: Insertable<AppSpecificAuthTokenTable>): Promise<AppTokenRow> =>
      db.insertInto('appspecificauthtoken').values(token).returningAll().executeTakeFirstOrThrow(),

    count: async (userId: number): Promise<number> => {
      const { count } = await db
        .selectFrom('appspecificauthtoken')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return count
    },

    find: (userId: number, uuid: string): Promise<AppTokenRow | undefined> =>
      tokens().where('uuid', '=', uuid).where('user_id', '=', userId).executeTakeFirst(),

    findByName: (name: string): Promise<AppTokenRow | undefined> =>
      tokens().where('token_name', '=', name).executeTakeFirst(),

    list: (userId: number, limit: number): Promise<AppTokenRow[]> =>
      tokens().where('user_id', '=', userId).orderBy('id').limit(limit).execute(),

    /** Those that end between two moments. */
    listExpiring: (
      userId: number,
      after: Instant,
      until: Instant,
      limit: number,
    ): Promise<AppTokenRow[]> =>
      tokens()
        .where('user_id', '=', userId)
        .where('expiration', '>', after)
        .where('expiration', '<=', until)
        .orderBy('expiration')
        .limit(limit)
        .execute(),

    /** Of everybody, by id from after `after` on. */
    listAll: (after: number, limit: number): Promise<AppTokenRow[]> =>
      tokens().where('id', '>', after).orderBy('id').limit(limit).execute(),

    delete: async (userId: number, uuid: string): Promise<AppTokenRow | undefined> =>
      db
        .deleteFrom('appspecificauthtoken')
        .where('uuid', '=', uuid)
        .where('user_id', '=', userId)
        .returningAll()
        .executeTakeFirst(),

    /** At most `limit` that ended before a moment. @returns how many. */
    deleteExpired: async (before: Instant, limit: number): Promise<number> => {
      const { numDeletedRows } = await db
        .deleteFrom('appspecificauthtoken')
        .where('id', 'in', (e) =>
          e
            .selectFrom('appspecificauthtoken')
            .select('id')
            .where('expiration', '<', before)
            .orderBy('expiration')
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    setLastAccessed: (id: number, at: Instant) =>
      db
        .updateTable('appspecificauthtoken')
        .set({ last_accessed: at })
        .where('id', '=', id)
        .execute(),
  }
}
