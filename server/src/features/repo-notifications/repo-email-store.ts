import type { Generated, Insertable, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Addresses that were asked whether they want to be told about a repository. */
export interface RepoEmailTable {
  id: Generated<number>
  repository_id: number
  email: string
  code_digest: string
  confirmed: number
  sent_at: Instant
}

export type RepoEmailRow = Selectable<RepoEmailTable>

/** Queries of `repositoryauthorizedemail`. */
export function repoEmailStore(db: Db) {
  return {
    find: (repositoryId: number, email: string): Promise<RepoEmailRow | undefined> =>
      db
        .selectFrom('repositoryauthorizedemail')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .where('email', '=', email)
        .executeTakeFirst(),

    async countSince(repositoryId: number, since: Instant): Promise<number> {
      const { count } = await db
        .selectFrom('repositoryauthorizedemail')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('repository_id', '=', repositoryId)
        .where('sent_at', '>', since)
        .executeTakeFirstOrThrow()
      return count
    },

    /** The code that was sent before is void; what was confirmed stays so. */
    put: (row: Insertable<RepoEmailTable>): Promise<RepoEmailRow> =>
      db
        .insertInto('repositoryauthorizedemail')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['repository_id', 'email'])
            .doUpdateSet({ code_digest: row.code_digest, sent_at: row.sent_at }),
        )
        .returningAll()
        .executeTakeFirstOrThrow(),

    removeUnconfirmed: (repositoryId: number, before: Instant) =>
      db
        .deleteFrom('repositoryauthorizedemail')
        .where('repository_id', '=', repositoryId)
        .where('confirmed', '=', 0)
        .where('sent_at', '<=', before)
        .execute(),

    /** @returns the full name of the repository. */
    async confirm(codeDigest: string, sentAfter: Instant): Promise<string | undefined> {
      const row = await db
        .updateTable('repositoryauthorizedemail')
        .set({ confirmed: 1 })
        .where('code_digest', '=', codeDigest)
        .where('sent_at', '>', sentAfter)
        .returning('repository_id')
        .executeTakeFirst()
      if (row === undefined) return undefined
      const repository = await db
        .selectFrom('repository')
        .select('full_name')
        .where('id', '=', row.repository_id)
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .executeTakeFirst()
      return repository?.full_name
    },
  }
}
