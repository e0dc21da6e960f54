import type { TableChange } from '../../ui/data-table.ts'
import { compareText } from '../../ui/format.ts'

interface Options<Row, Sort extends string> {
  readonly rows: () => readonly Row[]
  /** What a row is sorted by; texts are compared as people order them. */
  readonly by: Readonly<Record<Sort, (row: Row) => string | number>>
  readonly sort: Sort
  readonly order?: 'asc' | 'desc'
  /** What a search looks through. */
  readonly text: (row: Row) => string
  readonly locale: () => string
}

/** A short list that the server hands out whole: searched, sorted and paged here. */
export class LocalList<Row, Sort extends string> {
  readonly #options: Options<Row, Sort>
  search = $state('')
  #page = $state(1)
  #limit = $state(20)
  #sort = $state() as Sort
  #order = $state<'asc' | 'desc'>('asc')

  constructor(options: Options<Row, Sort>) {
    this.#options = options
    this.#sort = options.sort
    this.#order = options.order ?? 'asc'
  }

  readonly #found = $derived.by(() => {
    const { rows, by, text, locale } = this.#options
    const wanted = this.search.trim().toLowerCase()
    const compare = compareText(locale())
    const value = by[this.#sort]
    const sign = this.#order === 'asc' ? 1 : -1
    return rows()
      .filter((row) => text(row).toLowerCase().includes(wanted))
      .toSorted((one, other) => {
        const [a, b] = [value(one), value(other)]
        if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
        return sign * compare(String(a), String(b))
      })
  })

  get total(): number {
    return this.#found.length
  }
  readonly #last = $derived(Math.max(1, Math.ceil(this.#found.length / this.#limit)))

  /** Of the page. */
  readonly shown = $derived.by(() => {
    const from = (this.query.page - 1) * this.#limit
    return this.#found.slice(from, from + this.#limit)
  })

  get found(): readonly Row[] {
    return this.#found
  }
  get query() {
    return {
      page: Math.min(this.#page, this.#last),
      limit: this.#limit,
      sort: this.#sort,
      order: this.#order,
    }
  }

  change = ({ page = 1, limit, sort, order }: TableChange<Sort>): void => {
    this.#page = page
    if (limit !== undefined) this.#limit = limit
    if (sort !== undefined) this.#sort = sort
    if (order !== undefined) this.#order = order
  }

  find = (text: string): void => {
    this.search = text
    this.#page = 1
  }
}
