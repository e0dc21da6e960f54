import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { linkColumn, type QuotaTable, type Scope } from './quota-store.ts'

/** Queries of the backfill. */
export function quotaBackfillStore(db: Db) {
  const lastOf = async (table: 'user' | 'repository', after: number, limit: number) => {
    const { last, count } = await db
      .selectFrom(
        db
          .selectFrom(table)
          .select('id')
          .where('id', '>', after)
          .orderBy('id')
          .limit(limit)
          .as('page'),
      )
      .select((e) => [
        e.fn.max<number | null>('page.id').as('last'),
        e.fn.countAll<number>().as('count'),
      ])
      .executeTakeFirstOrThrow()
    return { last: last ?? after, count }
  }

  return {
    /** Counters for the next accounts that have none. @returns the page that was looked at. */
    async addNamespaces(after: number, limit: number) {
      const page = await lastOf('user', after, limit)
      await db
        .insertInto('quotanamespacesize')
        .columns(['id', 'backfill_start_ms'])
        .expression(
          db
            .selectFrom('user')
            .select(['id', sql<null>`cast(null as bigint)`.as('backfill_start_ms')])
            .where('id', '>', after)
            .where('id', '<=', page.last)
            .where('robot', '=', 0)
            .orderBy('id'),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      return page
    },

    async addRepositories(after: number, limit: number) {
      const page = await lastOf('repository', after, limit)
      await db
        .insertInto('quotarepositorysize')
        .columns(['id', 'backfill_start_ms'])
        .expression(
          db
            .selectFrom('repository')
            .select(['id', sql<null>`cast(null as bigint)`.as('backfill_start_ms')])
            .where('id', '>', after)
            .where('id', '<=', page.last)
            .orderBy('id'),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      return page
    },

    listIncomplete: async (table: QuotaTable, limit: number): Promise<number[]> => {
      const rows = await db
        .selectFrom(table)
        .select('id')
        // As it stands in the index of those that are not complete.
        .where('backfill_complete', '=', sql.lit(0))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.id)
    },

    /** The next distinct blobs of a scope, added up. */
    async sumPage({ table, id }: Scope, after: number, limit: number) {
      const { count, bytes, last } = await db
        .selectFrom(
          db
            .selectFrom('manifest_blob')
            .select('blob_id')
            .distinct()
            .where(linkColumn[table], '=', id)
            .where('blob_id', '>', after)
            .orderBy('blob_id')
            .limit(limit)
            .as('page'),
        )
        .innerJoin('blob', 'blob.id', 'page.blob_id')
        .select((e) => [
          e.fn.countAll<number>().as('count'),
          e.fn.sum<number | null>('blob.size_bytes').as('bytes'),
          e.fn.max<number | null>('page.blob_id').as('last'),
        ])
        .executeTakeFirstOrThrow()
      return { count, bytes: bytes ?? 0, last: last ?? after }
    },

    advance: (
      { table, id }: Scope,
      by: { startedAt: Instant; bytes: number; countedTo: number; isComplete: boolean },
    ) =>
      db
        .updateTable(table)
        .set((e) => ({
          size_bytes: e('size_bytes', '+', by.bytes),
          backfill_start_ms: by.startedAt,
          backfill_complete: by.isComplete ? 1 : 0,
          counted_to: by.countedTo,
        }))
        .where('id', '=', id)
        .execute(),
  }
}
