import { z } from 'zod'

import type { PageTokens } from '../api/page-token-service.ts'

export type Order = 'asc' | 'desc'
export type SortKey = string | number

/** What a list is asked with, as it stands in the query. */
export interface ListWish<Column extends string> {
  readonly sort?: Column | undefined
  readonly order?: Order | undefined
  readonly limit?: number | undefined
  readonly page?: number | undefined
  readonly page_token?: string | undefined
}

/** The last row of the page before. */
export interface Position {
  readonly key: SortKey
  readonly id: SortKey
}

export interface Stretch<Column extends string> {
  readonly column: Column
  readonly order: Order
  readonly after: Position | undefined
  readonly offset: number
  readonly limit: number
}

/** Rows that are sorted and cut into pages. */
export interface ListSource<Row, Column extends string> {
  /** Names the list, so that its page tokens fit no other. */
  readonly list: string
  readonly sort: Column
  readonly order: Partial<Readonly<Record<Column, Order>>>
  readonly columns: readonly Column[]
  /** How many rows there are, as far as `most`. */
  readonly count: (most: number) => Promise<number>
  /** All rows of a short list. */
  readonly all: (sort: Column) => Promise<readonly Row[]>
  readonly keyOf: (row: Row, column: Column) => SortKey
  /** Tells rows with the same key apart. */
  readonly idOf: (row: Row) => SortKey
  /** How a long list goes on: along indexes, so by some columns only. */
  readonly long?: {
    readonly sort: Column
    readonly sortable: readonly Column[]
    /** Where the index of a column leads one way only. */
    readonly onlyOrder?: Partial<Readonly<Record<Column, Order>>>
    readonly page: (stretch: Stretch<Column>) => Promise<readonly Row[]>
  }
}

export interface ListPage<Row, Column extends string> {
  readonly rows: readonly Row[]
  /** The rest of the answer, but the rows. */
  readonly about: {
    total: number
    total_capped: boolean
    page?: number
    limit: number
    next_page?: string
    sort: Column
    order: Order
    sortable: Column[]
  }
}

/** Up to here a list is sorted in memory, by whatever column. */
export const shortList = 5_000
/** Rows are counted up to here, and pages are found by their number. */
export const countedRows = 10_000
const usualLimit = 20
const largestLimit = 100

const position = z.object({
  sort: z.string(),
  order: z.enum(['asc', 'desc']),
  key: z.union([z.string(), z.number()]),
  id: z.union([z.string(), z.number()]),
})

/** One page of a list, in an order that costs no more on the last page than on the first. */
export async function pageOf<Row, Column extends string>(
  source: ListSource<Row, Column>,
  wish: ListWish<Column>,
  pageTokens: PageTokens,
): Promise<ListPage<Row, Column>> {
  const limit = Math.min(Math.max(wish.limit ?? usualLimit, 1), largestLimit)
  const counted = await source.count(countedRows + 1)
  const long = counted > shortList ? source.long : undefined
  const sortable = long?.sortable ?? source.columns
  const sort = appliedSort(source, wish, long)
  const order = long?.onlyOrder?.[sort] ?? wish.order ?? source.order[sort] ?? 'asc'
  const opened = pageTokens.open(source.list, wish.page_token, position)
  const after = opened?.sort === sort && opened.order === order ? opened : undefined
  const page = Math.min(Math.max(wish.page ?? 1, 1), countedRows)
  const offset = after === undefined ? (page - 1) * limit : 0
  const stretch = { column: sort, order, after, offset, limit: limit + 1 }
  const found =
    offset >= countedRows
      ? []
      : long === undefined
        ? cutOf(source, await source.all(sort), stretch)
        : await long.page(stretch)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return {
    rows,
    about: {
      total: Math.min(counted, countedRows),
      total_capped: counted > countedRows,
      ...(after === undefined && { page }),
      limit,
      ...(found.length > limit &&
        last !== undefined && {
          next_page: pageTokens.seal(source.list, {
            ...{ sort, order, key: source.keyOf(last, sort), id: source.idOf(last) },
          }),
        }),
      ...{ sort, order, sortable: [...sortable] },
    },
  }
}

function appliedSort<Row, Column extends string>(
  source: ListSource<Row, Column>,
  { sort }: ListWish<Column>,
  long: ListSource<Row, Column>['long'],
): Column {
  if (long === undefined) return sort ?? source.sort
  const wanted = sort ?? source.sort
  return long.sortable.includes(wanted) ? wanted : long.sort
}

/** One more than a page, of all the rows. */
function cutOf<Row, Column extends string>(
  { keyOf, idOf }: ListSource<Row, Column>,
  all: readonly Row[],
  { column, order, after, offset, limit }: Stretch<Column>,
): readonly Row[] {
  const sign = order === 'asc' ? 1 : -1
  const compare = (a: Position, b: Position) => sign * byKey(a.key, b.key) || byKey(a.id, b.id)
  const keyed = all.map((row) => ({ row, key: keyOf(row, column), id: idOf(row) }))
  const sorted = keyed.sort(compare)
  const from = after === undefined ? offset : sorted.findIndex((entry) => compare(entry, after) > 0)
  return from < 0 ? [] : sorted.slice(from, from + limit).map(({ row }) => row)
}

function byKey(a: SortKey, b: SortKey): number {
  return a < b ? -1 : a > b ? 1 : 0
}
