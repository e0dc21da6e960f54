import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface StarTable {
  user_id: number
  repository_id: number
  created_at: Instant
}

export function starStore(db: Db) {
  return {
    /** False when it had one. */
    insert: async (star: StarTable): Promise<boolean> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('star')
        .values(star)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** False when it had none. */
    delete: async (userId: number, repositoryId: number): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('star')
        .where('user_id', '=', userId)
        .where('repository_id', '=', repositoryId)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },

    /** Repositories by id, after `after`. */
    list: async (userId: number, after: number, limit: number): Promise<number[]> => {
      const rows = await db
        .selectFrom('star')
        .select('repository_id')
        .where('user_id', '=', userId)
        .where('repository_id', '>', after)
        .orderBy('repository_id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.repository_id)
    },

    /** Those of the repositories that have a star of this account. */
    filter: async (userId: number, among: readonly number[]): Promise<Set<number>> => {
      if (among.length === 0) return new Set()
      const rows = await db
        .selectFrom('star')
        .select('repository_id')
        .where('user_id', '=', userId)
        .where('repository_id', 'in', among)
        .execute()
      return new Set(rows.map((row) => row.repository_id))
    },
  }
}
