import type { Generated, Selectable } from 'kysely'
import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** One row, with id 1. */
export interface QuotaRegistrySizeTable {
  id: number
  size_bytes: Generated<number>
  queued: Generated<number>
  running: Generated<number>
  completed_at: Instant | null
}

export type RegistrySizeRow = Selectable<QuotaRegistrySizeTable>

/** Queries of `quotaregistrysize`. */
export function registrySizeStore(db: Db) {
  return {
    find: (): Promise<RegistrySizeRow | undefined> =>
      db.selectFrom('quotaregistrysize').selectAll().where('id', '=', 1).executeTakeFirst(),

    /** False when it is queued, or under way, already. */
    async queue(): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('quotaregistrysize')
        .values({ id: 1, queued: 1, completed_at: null })
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ queued: 1 })
            .where('quotaregistrysize.queued', '=', 0)
            .where('quotaregistrysize.running', '=', 0),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    start: () =>
      db
        .updateTable('quotaregistrysize')
        .set({ queued: 0, running: 1 })
        .where('id', '=', 1)
        .execute(),

    finish: (sizeBytes: number, now: Instant) =>
      db
        .updateTable('quotaregistrysize')
        .set({ size_bytes: sizeBytes, running: 0, completed_at: now })
        .where('id', '=', 1)
        .execute(),

    /** Bytes of the next blobs behind `id`, and the last of them; undefined when there is none. */
    async sizeAfter(
      id: number,
      limit: number,
    ): Promise<{ sizeBytes: number; lastId: number } | undefined> {
      const { size, last } = await db
        .selectFrom((e) =>
          e
            .selectFrom('blob')
            .select(['id', 'size_bytes'])
            .where('id', '>', id)
            .orderBy('id')
            .limit(limit)
            .as('next'),
        )
        .select((e) => [
          sql<number | null>`cast(${e.fn.sum('size_bytes')} as bigint)`.as('size'),
          e.fn.max('id').as('last'),
        ])
        .executeTakeFirstOrThrow()
      return size === null ? undefined : { sizeBytes: size, lastId: last }
    },
  }
}
