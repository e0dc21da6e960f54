import { sql } from 'kysely'
import type { Database } from '../../db/open.ts'

const counted = [
  ...['user', 'robot_account', 'team', 'repository', 'tag', 'manifest', 'blob', 'blobupload'],
  ...['oauthapplication', 'appspecificauthtoken', 'notification', 'logentry3'],
] as const

/** Counting further would hold up those who push and pull. */
export const countLimit = 100_000
const pageSize = 1_000

export function supportStore({ db }: Pick<Database, 'db'>) {
  return {
    /** Rows of each table, as far as `countLimit`. */
    async counts(): Promise<Readonly<Record<string, number>>> {
      const found: Record<string, number> = {}
      for (const table of counted) {
        const { rows } = await sql<{ count: number }>`select count(*) as count from
          (select 1 from ${sql.table(table)} limit ${sql.lit(countLimit)}) as some`.execute(db)
        found[table] = rows[0]?.count ?? 0
      }
      return found
    },

    /** Names of accounts behind `id`. */
    accountsAfter: (id: number) =>
      db
        .selectFrom('user')
        .select(['id', 'username'])
        .where('id', '>', id)
        .orderBy('id')
        .limit(pageSize)
        .execute(),
  }
}
