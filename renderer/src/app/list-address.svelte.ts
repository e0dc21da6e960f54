import type { TableChange, TableOrder } from '../ui/data-table.ts'
import type { PageLocation } from '../router/location.svelte.ts'

const pageSizes: readonly number[] = [10, 20, 50, 100]

interface Usual<Column extends string> {
  /** What the server can sort by. */
  readonly columns: readonly Column[]
  readonly sort: Column
  readonly direction?: 'asc' | 'desc'
  readonly pageSize?: number
  /** Tells several lists on one page apart. */
  readonly prefix?: string
}

/**
 * What a list is asked for, kept in the page's address: going back, reloading and sharing a link show
 * the same rows.
 */
export class ListAddress<Column extends string> {
  readonly #location: PageLocation
  readonly #usual: Usual<Column>

  constructor(location: PageLocation, usual: Usual<Column>) {
    this.#location = location
    this.#usual = usual
  }

  get search(): string {
    return this.#given('search')
  }

  /** For the table. */
  get query(): Required<TableOrder<Column>> {
    const { columns, sort, direction = 'asc', pageSize = 20 } = this.#usual
    const given = this.#given('order')
    const limit = Number(this.#given('limit'))
    return {
      page: /^[1-9]\d{0,5}$/.test(this.#given('page')) ? Number(this.#given('page')) : 1,
      limit: pageSizes.includes(limit) ? limit : pageSize,
      sort: columns.find((column) => column === this.#given('sort')) ?? sort,
      order: given === 'asc' || given === 'desc' ? given : direction,
    }
  }

  /** For the call: the names that lists of the API have. */
  get asked() {
    return { ...this.query, search: this.search === '' ? undefined : this.search }
  }

  /** From the table: paging can be gone back from, sorting and other page sizes replace. */
  change = (changes: TableChange<Column>): void => {
    const { sort: usualSort, direction = 'asc', pageSize = 20 } = this.#usual
    const before = this.query
    const next = { ...before, ...changes }
    const isOther =
      next.limit !== before.limit || next.sort !== before.sort || next.order !== before.order
    this.#set(
      {
        page: isOther || next.page === 1 ? undefined : next.page,
        limit: next.limit === pageSize ? undefined : next.limit,
        sort: next.sort === usualSort ? undefined : next.sort,
        order: next.order === direction ? undefined : next.order,
      },
      isOther,
    )
  }

  /** Another search begins with the first page. */
  find = (search: string): void => {
    this.#set({ search, page: undefined }, true)
  }

  #given(name: string): string {
    return this.#location.query.get((this.#usual.prefix ?? '') + name) ?? ''
  }

  #set(values: Readonly<Record<string, string | number | undefined>>, replace: boolean): void {
    const named = Object.entries(values).map(([name, value]) => [
      (this.#usual.prefix ?? '') + name,
      value,
    ])
    this.#location.setQuery(Object.fromEntries(named) as typeof values, { replace })
  }
}
