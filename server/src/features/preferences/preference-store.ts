import type { Db } from '../../db/tables.ts'

/** How a person likes the interface. */
export interface UserPreferenceTable {
  user_id: number
  settings_json: string
}

/** Queries of `userpreference`. */
export function preferenceStore(db: Db) {
  return {
    async find(userId: number): Promise<unknown> {
      const row = await db
        .selectFrom('userpreference')
        .select('settings_json')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row === undefined ? undefined : (JSON.parse(row.settings_json) as unknown)
    },

    set: (userId: number, settings: unknown) =>
      db
        .insertInto('userpreference')
        .values({ user_id: userId, settings_json: JSON.stringify(settings) })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet({ settings_json: JSON.stringify(settings) }),
        )
        .execute(),
  }
}
