import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Queries that find deleted repositories and namespaces whose time has come. */
export function purgeStore(db: Db) {
  return {
    /**
     * A repository that was deleted by itself (`alone`), or one whose namespace was deleted and has
     * no grace period left.
     */
    findRepository: async (
      which: { readonly alone: boolean; readonly ofNamespaces: boolean },
      now: Instant,
    ): Promise<number | undefined> => {
      const row = await db
        .selectFrom('repository')
        .leftJoin(
          'deletednamespace',
          'deletednamespace.namespace_user_id',
          'repository.namespace_user_id',
        )
        .select('repository.id')
        // As it stands in the index of marked repositories, which is small.
        .where('repository.state', '=', sql.lit('MARKED_FOR_DELETION'))
        .where((e) =>
          e.or([
            ...(which.alone ? [e('deletednamespace.namespace_user_id', 'is', null)] : []),
            ...(which.ofNamespaces ? [e('deletednamespace.purge_after', '<=', now)] : []),
          ]),
        )
        .orderBy('repository.id')
        .limit(1)
        .executeTakeFirst()
      return row?.id
    },

    hasRepositories: async (namespaceId: number): Promise<boolean> =>
      (await db
        .selectFrom('repository')
        .select('id')
        .where('namespace_user_id', '=', namespaceId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    findUsername: async (id: number): Promise<string | undefined> =>
      (await db.selectFrom('user').select('username').where('id', '=', id).executeTakeFirst())
        ?.username,
  }
}
