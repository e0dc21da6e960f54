import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { eventsOf, eventsOfAll, type TagEvent } from './tag-events.ts'
import {
  countedRows,
  pageOf,
  shortList,
  type ListPage,
  type ListSource,
  type ListWish,
  type Stretch,
} from './list-page.ts'
import { tagHistoryRowStore, type HistoryFilter } from './tag-history-row-store.ts'

export type TagEvents = ReturnType<typeof createTagEvents>

type Column = 'at'

export interface TagEventWish extends ListWish<Column> {
  readonly search?: string | undefined
  readonly tag?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly future?: boolean | undefined
}

/** What happened to the tags of a repository. */
export function createTagEvents({
  db,
  clock,
  pageTokens,
}: {
  db: Db
  clock: Clock
  pageTokens: PageTokens
}) {
  const store = tagHistoryRowStore(db)

  return {
    /** In a long history an end stands beside the start of what it ended. */
    async list(
      repositoryId: number,
      windowMs: number,
      wish: TagEventWish,
    ): Promise<ListPage<TagEvent, Column>> {
      const now = clock.now()
      const filter: HistoryFilter = {
        ...{ repositoryId, tag: wish.tag ?? '', cutoff: now - windowMs },
        part: (wish.search ?? '').trim().toLowerCase(),
      }
      const span = {
        from: wish.from ?? 0,
        to: Math.min(wish.to ?? Number.MAX_SAFE_INTEGER, wish.future ? Infinity : now),
      }
      const isShown = ({ at }: TagEvent) => at >= span.from && at <= span.to
      const periods = await store.count(filter, countedRows + 1)
      const basics = {
        list: `history ${String(repositoryId)}`,
        sort: 'at' as const,
        order: { at: 'desc' as const },
        columns: ['at'] as const,
        keyOf: ({ at }: TagEvent) => at,
        idOf: ({ id }: TagEvent) => id,
      }
      if (periods <= shortList) {
        const events = eventsOfAll(await store.all(filter, shortList), { now, windowMs })
        const shown = events.filter(isShown)
        const source: ListSource<TagEvent, Column> = {
          ...basics,
          count: (most) => Promise.resolve(Math.min(shown.length, most)),
          all: () => Promise.resolve(shown),
        }
        return pageOf(source, wish, pageTokens)
      }
      const starts = { from: span.from, to: Math.min(span.to, Number.MAX_SAFE_INTEGER) }
      const source: ListSource<Started, Column> = {
        ...basics,
        idOf: ({ name }) => name,
        count: (most) => Promise.resolve(Math.min(periods, most)),
        all: () => Promise.resolve([]),
        long: {
          sort: 'at',
          sortable: ['at'],
          page: (stretch) => longPage(filter, starts, stretch, { now, windowMs }),
        },
      }
      const { rows, about } = await pageOf(source, wish, pageTokens)
      return { rows: rows.flatMap(({ end, ...start }) => (end ? [end, start] : [start])), about }
    },
  }

  async function longPage(
    filter: HistoryFilter,
    span: { readonly from: Instant; readonly to: Instant },
    stretch: Stretch<Column>,
    times: { readonly now: Instant; readonly windowMs: number },
  ): Promise<Started[]> {
    const started: Started[] = []
    for (const period of await store.page(filter, span, stretch)) {
      const before = await store.before(filter.repositoryId, period)
      const after = await store.after(filter.repositoryId, period)
      const [start, end] = eventsOf(period, { ...times, before, after })
      if (start === undefined) continue
      const isShown = end !== undefined && end.at <= span.to
      started.push({ ...start, ...(isShown && { end }) })
    }
    return started
  }
}

/** A start with the end that nothing followed. */
interface Started extends TagEvent {
  readonly end?: TagEvent
}
