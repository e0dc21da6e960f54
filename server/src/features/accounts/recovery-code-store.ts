import type { Db } from '../../db/tables.ts'

export interface RecoveryCodeTable {
  user_id: number
  code_digest: string
}

export function recoveryCodeStore(db: Db) {
  return {
    async replace(userId: number, digests: readonly string[]): Promise<void> {
      await db.deleteFrom('recoverycode').where('user_id', '=', userId).execute()
      if (digests.length === 0) return
      await db
        .insertInto('recoverycode')
        .values(digests.map((digest) => ({ user_id: userId, code_digest: digest })))
        .execute()
    },

    /** Nobody has more than a handful. */
    digestsOf: async (userId: number, limit: number): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('recoverycode')
        .select('code_digest')
        .where('user_id', '=', userId)
        .limit(limit)
        .execute()
      return rows.map((row) => row.code_digest)
    },

    /** Whether it was there: of two at once only one gets it. */
    take: async (userId: number, digest: string): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('recoverycode')
        .where('user_id', '=', userId)
        .where('code_digest', '=', digest)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
