import { sql, type Generated, type Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** An image that clients asked for and that was not here. */
export interface MissedPullTable {
  id: string
  reference: string
  /** Empty where the client did not say. */
  upstream: string
  count: number
  /** Tells about how many clients asked, and not which. */
  clients_sketch: string
  first_at: Instant
  last_at: Instant
  ignored: Generated<number>
}

export type MissedPullRow = Selectable<MissedPullTable>

export type MissedPullOrder = 'count' | 'time'

/** The last one of a page. */
export interface MissedPullPosition {
  readonly value: number
  readonly id: string
}

const column = { count: 'count', time: 'last_at' } as const

/** Queries of `missedpull`. */
export function missedPullStore(db: Db) {
  return {
    find: (id: string): Promise<MissedPullRow | undefined> =>
      db.selectFrom('missedpull').selectAll().where('id', '=', id).executeTakeFirst(),

    findReference: (reference: string, upstream: string): Promise<MissedPullRow | undefined> =>
      db
        .selectFrom('missedpull')
        .selectAll()
        .where('reference', '=', reference)
        .where('upstream', '=', upstream)
        .executeTakeFirst(),

    page: (query: {
      readonly isIgnored: boolean
      readonly part: string
      readonly order: MissedPullOrder
      readonly after: MissedPullPosition | undefined
      readonly since: Instant
      readonly limit: number
    }): Promise<MissedPullRow[]> => {
      const { after, order } = query
      return db
        .selectFrom('missedpull')
        .selectAll()
        .where('ignored', '=', query.isIgnored ? 1 : 0)
        .where('last_at', '>', query.since)
        .$if(query.part !== '', (q) => {
          const pattern = `%${query.part.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
          return q.where(
            sql<boolean>`(lower(reference) like ${pattern} escape '\\' or lower(upstream) like ${pattern} escape '\\')`,
          )
        })
        .$if(after !== undefined, (q) =>
          q.where((e) =>
            e.or([
              e(column[order], '<', after?.value ?? 0),
              e.and([e(column[order], '=', after?.value ?? 0), e('id', '<', after?.id ?? '')]),
            ]),
          ),
        )
        .orderBy(column[order], 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit)
        .execute()
    },

    /** Adds to what was counted, or begins; safe for several servers at once but for the sketch. */
    add: (row: Omit<MissedPullRow, 'ignored'>) =>
      db
        .insertInto('missedpull')
        .values({ ...row, ignored: 0 })
        .onConflict((conflict) =>
          conflict.columns(['reference', 'upstream']).doUpdateSet((e) => ({
            count: sql<number>`missedpull.count + ${row.count}`,
            clients_sketch: row.clients_sketch,
            last_at: e.val(row.last_at),
          })),
        )
        .execute(),

    async setIgnored(id: string, isIgnored: boolean): Promise<void> {
      await db
        .updateTable('missedpull')
        .set({ ignored: isIgnored ? 1 : 0 })
        .where('id', '=', id)
        .execute()
    },

    /** False when there was none. */
    async delete(id: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('missedpull')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },

    /** Removes those that nobody asked for since; then the longest unasked, until `most` are left. */
    async prune(since: Instant, most: number): Promise<void> {
      await db.deleteFrom('missedpull').where('last_at', '<=', since).execute()
      await db
        .deleteFrom('missedpull')
        .where('id', 'in', (e) =>
          e
            .selectFrom('missedpull')
            .select('id')
            .orderBy('last_at', 'desc')
            .offset(most)
            .limit(1_000),
        )
        .execute()
    },
  }
}
