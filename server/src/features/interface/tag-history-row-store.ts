import { sql, type SqlBool } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { containsPattern } from '../search/search-text.ts'
import type { Order, Position } from './list-page.ts'

export interface HistoryFilter {
  readonly repositoryId: number
  /** What ended up to here is out of the time machine's window. */
  readonly cutoff: Instant
  readonly tag: string
  /** In small letters; empty: any. */
  readonly part: string
}

/** What a tag was for a while. */
export interface TagPeriod {
  readonly id: number
  readonly name: string
  readonly lifetime_start_ms: Instant
  readonly lifetime_end_ms: Instant | null
  readonly reversion: number
  readonly digest: string
  readonly media_type: string
}

interface Neighbour {
  readonly repository: number
  readonly name: string
  readonly start: Instant
}

const columns = [
  'tag.id',
  'tag.name',
  'tag.lifetime_start_ms',
  'tag.lifetime_end_ms',
  'tag.reversion',
] as const

const findBefore = prepared<Neighbour>()((param, db) =>
  db
    .selectFrom('tag')
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select([...columns, 'manifest.digest', 'manifest.media_type'])
    .where('tag.repository_id', '=', param('repository'))
    .where('tag.name', '=', param('name'))
    .where('tag.lifetime_start_ms', '<', param('start'))
    .where('tag.hidden', '=', sql.lit(0))
    .orderBy('tag.lifetime_start_ms', 'desc')
    .limit(sql.lit(1)),
)

const findAfter = prepared<Neighbour>()((param, db) =>
  db
    .selectFrom('tag')
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select([...columns, 'manifest.digest', 'manifest.media_type'])
    .where('tag.repository_id', '=', param('repository'))
    .where('tag.name', '=', param('name'))
    .where('tag.lifetime_start_ms', '>', param('start'))
    .where('tag.hidden', '=', sql.lit(0))
    .orderBy('tag.lifetime_start_ms')
    .limit(sql.lit(1)),
)

/** What the tags of a repository were, as far as the time machine reaches. */
export function tagHistoryRowStore(db: Db) {
  const like = sql.raw(hasRowLocks(db) ? 'ilike' : 'like')
  const matching = ({ repositoryId, cutoff, tag, part }: HistoryFilter) =>
    db
      .selectFrom('tag')
      .where('tag.repository_id', '=', repositoryId)
      .where('tag.hidden', '=', sql.lit(0))
      .$if(tag !== '', (query) => query.where('tag.name', '=', tag))
      // The names are looked through in the index alone; reading each entry would take ten times as long.
      .$if(part !== '', (query) =>
        query.where('tag.id', 'in', (e) =>
          e
            .selectFrom('tag as named')
            .select('named.id')
            .where('named.repository_id', '=', repositoryId)
            .where(
              sql<SqlBool>`${sql.ref('named.name')} ${like} ${containsPattern(part)} escape '\\'`,
            ),
        ),
      )
      .where((e) =>
        e.or([e('tag.lifetime_end_ms', 'is', null), e('tag.lifetime_end_ms', '>', cutoff)]),
      )

  return {
    async count(filter: HistoryFilter, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(matching(filter).select('tag.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    all: (filter: HistoryFilter, limit: number): Promise<TagPeriod[]> =>
      db
        .selectFrom(
          matching(filter)
            .select([...columns, 'tag.manifest_id'])
            .limit(limit)
            .as('tag'),
        )
        .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
        .select([...columns, 'manifest.digest', 'manifest.media_type'])
        .execute(),

    /** By the start, then by name. */
    page(
      filter: HistoryFilter,
      span: { readonly from: Instant; readonly to: Instant },
      where: {
        readonly order: Order
        readonly after: Position | undefined
        readonly offset: number
        readonly limit: number
      },
    ): Promise<TagPeriod[]> {
      const { order, after, offset, limit } = where
      const isDown = order === 'desc'
      const start = Number(after?.key)
      const page = matching(filter)
        .select([...columns, 'tag.manifest_id'])
        .where('tag.lifetime_start_ms', '>=', span.from)
        .where('tag.lifetime_start_ms', '<=', span.to)
        .$if(after !== undefined, (query) =>
          query
            .where('tag.lifetime_start_ms', isDown ? '<=' : '>=', start)
            .where((e) =>
              e.or([
                e('tag.lifetime_start_ms', isDown ? '<' : '>', start),
                e('tag.name', isDown ? '>' : '<', String(after?.id)),
              ]),
            ),
        )
        .orderBy('tag.lifetime_start_ms', order)
        .orderBy('tag.name', isDown ? 'asc' : 'desc')
        .limit(limit)
        .offset(offset)
      return db
        .selectFrom(page.as('tag'))
        .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
        .select([...columns, 'manifest.digest', 'manifest.media_type'])
        .orderBy('tag.lifetime_start_ms', order)
        .orderBy('tag.name', isDown ? 'asc' : 'desc')
        .execute()
    },

    before: async (
      repository: number,
      { name, lifetime_start_ms: start }: TagPeriod,
    ): Promise<TagPeriod | undefined> => (await findBefore(db, { repository, name, start }))[0],

    after: async (
      repository: number,
      { name, lifetime_start_ms: start }: TagPeriod,
    ): Promise<TagPeriod | undefined> => (await findAfter(db, { repository, name, start }))[0],
  }
}
