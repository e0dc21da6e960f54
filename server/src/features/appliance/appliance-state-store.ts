import type { Db } from '../../db/tables.ts'

/** What is true of the whole installation, by name. */
export interface ApplianceStateTable {
  name: string
  value_json: string
}

const mostListed = 200

/** Queries of `appliancestate`. */
export function applianceStateStore(db: Db) {
  return {
    async find(name: string): Promise<unknown> {
      const row = await db
        .selectFrom('appliancestate')
        .select('value_json')
        .where('name', '=', name)
        .executeTakeFirst()
      return row === undefined ? undefined : (JSON.parse(row.value_json) as unknown)
    },

    /** Those below a folder, by the rest of their names. */
    async listBelow(folder: string): Promise<ReadonlyMap<string, unknown>> {
      const rows = await db
        .selectFrom('appliancestate')
        .selectAll()
        .where('name', '>=', folder)
        .where('name', '<', `${folder.slice(0, -1)}0`)
        .orderBy('name')
        .limit(mostListed)
        .execute()
      return new Map(
        rows.map(({ name, value_json }) => [name.slice(folder.length), JSON.parse(value_json)]),
      )
    },

    set: (name: string, value: unknown) =>
      db
        .insertInto('appliancestate')
        .values({ name, value_json: JSON.stringify(value) })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({ value_json: JSON.stringify(value) }),
        )
        .execute(),

    /** Keeps what is there already. */
    insertFirst: (name: string, value: unknown) =>
      db
        .insertInto('appliancestate')
        .values({ name, value_json: JSON.stringify(value) })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute(),

    delete: (name: string) => db.deleteFrom('appliancestate').where('name', '=', name).execute(),
  }
}
