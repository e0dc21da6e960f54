import type { Generated, Insertable, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface EmailConfirmationTable {
  id: Generated<number>
  code_digest: string
  user_id: number
  kind: 'verify' | 'change' | 'recover'
  new_email: string | null
  created_at: Instant
  expires_at: Instant
}

export type EmailConfirmationRow = Selectable<EmailConfirmationTable>

export function emailConfirmationStore(db: Db) {
  return {
    /** The codes of the same kind that were sent before are void. */
    async replace(confirmation: Insertable<EmailConfirmationTable>): Promise<void> {
      await db
        .deleteFrom('emailconfirmation')
        .where('user_id', '=', confirmation.user_id)
        .where('kind', '=', confirmation.kind)
        .execute()
      await db.insertInto('emailconfirmation').values(confirmation).execute()
    },

    /** A code works once. */
    take: (codeDigest: string): Promise<EmailConfirmationRow | undefined> =>
      db
        .deleteFrom('emailconfirmation')
        .where('code_digest', '=', codeDigest)
        .returningAll()
        .executeTakeFirst(),

    /** All that were sent to a person. */
    removeOf: (userId: number) =>
      db.deleteFrom('emailconfirmation').where('user_id', '=', userId).execute(),

    /** At most `limit`. @returns how many. */
    removeExpired: async (now: Instant, limit: number): Promise<number> => {
      const { numDeletedRows } = await db
        .deleteFrom('emailconfirmation')
        .where('id', 'in', (e) =>
          e
            .selectFrom('emailconfirmation')
            .select('id')
            .where('expires_at', '<=', now)
            .orderBy('expires_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}
