import type { Db } from '../../db/tables.ts'

export type PromptKind = 'confirm_username' | 'enter_name' | 'enter_company'

/** What a person is still asked for in the interface. */
export interface UserPromptTable {
  user_id: number
  kind: PromptKind
}

export function promptStore(db: Db) {
  return {
    list: async (userId: number): Promise<PromptKind[]> => {
      const rows = await db
        .selectFrom('userprompt')
        .select('kind')
        .where('user_id', '=', userId)
        .orderBy('kind')
        .execute()
      return rows.map(({ kind }) => kind)
    },

    async add(userId: number, kinds: readonly PromptKind[]): Promise<void> {
      if (kinds.length === 0) return
      await db
        .insertInto('userprompt')
        .values(kinds.map((kind) => ({ user_id: userId, kind })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    remove: (userId: number, kinds: readonly PromptKind[]) =>
      db
        .deleteFrom('userprompt')
        .where('user_id', '=', userId)
        .where('kind', 'in', kinds)
        .execute(),
  }
}
