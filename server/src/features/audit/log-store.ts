import { sql, type Expression, type ExpressionBuilder, type SqlBool } from 'kysely'

import type { Db, Tables } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { dayMs, dayOf } from './log-day.ts'
import type { RollupScope } from './log-rollup-store.ts'

/** Which entries are asked for. */
export interface LogSelection {
  /** Everything, what belongs to a namespace, or what happened in a repository. */
  readonly scope: RollupScope
  /** Of the namespace or the repository; 0 for everything. */
  readonly scopeId: number
  readonly performerId?: number | undefined
  /** Kinds that are left out. */
  readonly without?: readonly number[]
}

export interface LogPosition {
  readonly datetime: Instant
  readonly id: number
}

export interface LogSpan {
  readonly from: Instant
  /** Exclusive. */
  readonly to: Instant
}

export interface LogRow {
  readonly id: number
  readonly kind_id: number
  readonly account_id: number | null
  readonly performer_id: number | null
  readonly repository_id: number | null
  readonly datetime: Instant
  readonly ip: string | null
  readonly metadata_json: string
}

/** Who an entry names, as far as it is still there. */
export interface LogAccount {
  readonly id: number
  readonly username: string
  readonly email: string | null
  readonly contact_email: string | null
  readonly organization: number
  readonly robot: number
}

/** More than this of the newest entries is not looked at before it is in the daily sums. */
const tailAtMost = 50_000

type Entries = ExpressionBuilder<Tables, 'logentry3'>

/** Reads `logentry3` and its daily sums. */
export function logStore(db: Db) {
  return {
    /** Newest first, or oldest first, behind a position. */
    list(
      selection: LogSelection,
      { from, to }: LogSpan,
      {
        after,
        limit,
        order = 'desc',
      }: { after?: LogPosition | undefined; limit: number; order?: 'asc' | 'desc' },
    ): Promise<LogRow[]> {
      const beyond = order === 'desc' ? '<' : '>'
      return db
        .selectFrom('logentry3')
        .selectAll()
        .where((e) => e.and(selected(e, selection, 'indexed')))
        .where('datetime', '>=', from)
        .where('datetime', '<', to)
        .$if(after !== undefined, (query) =>
          query
            .where('datetime', order === 'desc' ? '<=' : '>=', after?.datetime ?? 0)
            .where((e) =>
              e.or([e('datetime', beyond, after?.datetime ?? 0), e('id', beyond, after?.id ?? 0)]),
            ),
        )
        .orderBy('datetime', order)
        .orderBy('id', order)
        .limit(limit)
        .execute()
    },

    /** The days of a span on which there is something to list, the newest first. */
    async daysWithin(selection: LogSelection, { from, to }: LogSpan): Promise<number[]> {
      const [firstDay, lastDay] = [dayOf(from), dayOf(to - 1)]
      const rows = await db
        .selectFrom((e) =>
          e
            .selectFrom(sumsOf(db, selection, firstDay, lastDay).as('sums'))
            .select('day')
            .union(e.selectFrom(tailOf(db, selection, firstDay, lastDay).as('tail')).select('day'))
            .as('days'),
        )
        .select('day')
        .orderBy('day', 'desc')
        .execute()
      return rows.map(({ day }) => day)
    },

    /**
     * How often each kind occurred on each day of `[firstDay, lastDay]`: the daily sums, and what came
     * after them. One statement, so that an entry that is just being added up counts once.
     */
    async countByDay(
      selection: LogSelection,
      firstDay: number,
      lastDay: number,
    ): Promise<{ day: number; kind_id: number; count: number }[]> {
      const sums = sumsOf(db, selection, firstDay, lastDay)
      const tail = tailOf(db, selection, firstDay, lastDay)
      return db
        .with('sums', () => sums)
        .with('tail', () => tail)
        .selectFrom((e) =>
          e.selectFrom('sums').selectAll().unionAll(e.selectFrom('tail').selectAll()).as('counted'),
        )
        .select([
          'day',
          'kind_id',
          (e) => sql<number>`cast(${e.fn.sum('count')} as bigint)`.as('count'),
        ])
        .groupBy(['day', 'kind_id'])
        .orderBy('day')
        .orderBy('kind_id')
        .execute()
    },

    /** The accounts that entries name, under the name they had; those that are gone are left out. */
    async findAccounts(ids: readonly number[]): Promise<LogAccount[]> {
      if (ids.length === 0) return []
      return db
        .selectFrom('user')
        .leftJoin('deletednamespace', 'deletednamespace.namespace_user_id', 'user.id')
        .select((e) => [
          'user.id',
          e.fn.coalesce('deletednamespace.original_username', 'user.username').as('username'),
          'email',
          'contact_email',
          'organization',
          'robot',
        ])
        .where('user.id', 'in', [...ids])
        .execute()
    },
  }
}

function sumsOf(db: Db, selection: LogSelection, firstDay: number, lastDay: number) {
  const without = [...(selection.without ?? [])]
  return db
    .selectFrom('logentrydaily')
    .select(['day', 'kind_id', 'count'])
    .where('scope', '=', selection.scope)
    .where('scope_id', '=', selection.scopeId)
    .where('performer_id', '=', selection.performerId ?? 0)
    .where('day', '>=', firstDay)
    .where('day', '<=', lastDay)
    .$if(without.length > 0, (query) => query.where('kind_id', 'not in', without))
}

/** What is not in the sums yet. */
function tailOf(db: Db, selection: LogSelection, firstDay: number, lastDay: number) {
  const day = sql<number>`logentry3.datetime / ${sql.lit(dayMs)}`
  return db
    .selectFrom('logentry3')
    .select([day.as('day'), 'kind_id', sql<number>`1`.as('count')])
    .where('id', '>', (e) =>
      e.selectFrom('logrollup').select('last_entry_id').where('logrollup.id', '=', 1),
    )
    .where((e) => e.and(selected(e, selection, 'unindexed')))
    .where(sql<number>`logentry3.datetime + 0`, '>=', firstDay * dayMs)
    .where(sql<number>`logentry3.datetime + 0`, '<', (lastDay + 1) * dayMs)
    .orderBy('id', 'desc')
    .limit(tailAtMost)
}

/**
 * With a performer the index of performers is used, and with `unindexed` none of these: `+ 0` hides a
 * column from both databases, which otherwise pick one of the indexes without knowing better.
 */
function selected(
  e: Entries,
  { scope, scopeId, performerId, without = [] }: LogSelection,
  use: 'indexed' | 'unindexed',
): Expression<SqlBool>[] {
  const column = scope === 'namespace' ? 'account_id' : 'repository_id'
  const hidden = (name: 'account_id' | 'repository_id' | 'performer_id') =>
    sql<number>`${e.ref(`logentry3.${name}`)} + 0`
  const showsScope = use === 'indexed' && performerId === undefined
  return [
    ...(scope === 'all' ? [] : [e(showsScope ? e.ref(column) : hidden(column), '=', scopeId)]),
    ...(performerId === undefined
      ? []
      : [e(use === 'indexed' ? e.ref('performer_id') : hidden('performer_id'), '=', performerId)]),
    ...(without.length === 0 ? [] : [e('kind_id', 'not in', [...without])]),
  ]
}
