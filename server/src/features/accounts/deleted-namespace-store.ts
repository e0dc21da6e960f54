import { sql, type Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** A namespace that is being purged: its name is kept from being used again until it is gone. */
export interface DeletedNamespaceTable {
  namespace_user_id: number
  original_username: string
  original_email: string | null
  marked_at: Instant
  purge_after: Instant
}

export type DeletedNamespaceRow = Selectable<DeletedNamespaceTable>

/** For queries of `repository`: what belongs to a deleted namespace is gone before it is removed. */
export const ofLiveNamespace = sql<boolean>`not exists (
  select 1 from deletednamespace as gone where gone.namespace_user_id = repository.namespace_user_id
)`

/** Queries of `deletednamespace`; its rows leave with the account they belong to. */
export function deletedNamespaceStore(db: Db) {
  return {
    /** A name that somebody had and nobody may take before the purge is done. */
    isNameReserved: async (name: string): Promise<boolean> =>
      (await db
        .selectFrom('deletednamespace')
        .select('namespace_user_id')
        .where('original_username', '=', name)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    insert: (row: DeletedNamespaceRow) => db.insertInto('deletednamespace').values(row).execute(),

    /** By account, from after `after` on. */
    list: (after: number, limit: number): Promise<DeletedNamespaceRow[]> =>
      db
        .selectFrom('deletednamespace')
        .selectAll()
        .where('namespace_user_id', '>', after)
        .orderBy('namespace_user_id')
        .limit(limit)
        .execute(),
  }
}
