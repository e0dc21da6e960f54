import { matchPath, type Match } from './routes.ts'

type Guard = () => boolean

/**
 * Where the browser is, as the page sees it. Links are plain anchors: the application hears their
 * clicks and comes here.
 */
export class PageLocation {
  #href = $state('/')
  #visit = $state(0)
  readonly #url = $derived(new URL(this.#href, 'https://page.invalid'))
  readonly #match = $derived(matchPath(this.path))
  readonly #guards = new Set<Guard>()
  readonly #browser: Window
  readonly #scrolls = new Map<string, number>()

  constructor(browser: Window) {
    this.#browser = browser
    this.#href = hrefOf(browser.location)
    this.#settle()
  }

  get path(): string {
    return this.#url.pathname
  }
  get query(): URLSearchParams {
    return this.#url.searchParams
  }
  get hash(): string {
    return this.#url.hash
  }
  get href(): string {
    return this.#href
  }
  get match(): Exclude<Match, { page: 'redirect' }> {
    return this.#match.page === 'redirect' ? { page: 'not-found', params: {} } : this.#match
  }
  /** Grows with each page that is gone to; not when only the query changes. */
  get visit(): number {
    return this.#visit
  }

  /** Follows the browser's own back and forward. @returns how to stop */
  start(): () => void {
    const onPop = () => {
      const isLeaving = this.#browser.location.pathname !== this.path
      if (isLeaving && !this.#mayLeave()) {
        this.#browser.history.pushState(null, '', this.#href)
        return
      }
      this.#arrive(hrefOf(this.#browser.location))
    }
    const onUnload = (event: BeforeUnloadEvent) => {
      if (![...this.#guards].every((guard) => guard())) event.preventDefault()
    }
    this.#browser.addEventListener('popstate', onPop)
    this.#browser.addEventListener('beforeunload', onUnload)
    return () => {
      this.#browser.removeEventListener('popstate', onPop)
      this.#browser.removeEventListener('beforeunload', onUnload)
    }
  }

  /** @param href a path of ours, with its query */
  go(href: string, { replace = false }: { replace?: boolean } = {}): void {
    const target = new URL(href, this.#browser.location.href)
    if (target.origin !== this.#browser.location.origin) throw new TypeError('a foreign address')
    if (target.pathname !== this.path && !this.#mayLeave()) return
    const next = target.pathname + target.search + target.hash
    if (next === this.#href) return
    this.#scrolls.set(this.#href, this.#browser.scrollY)
    if (replace) this.#browser.history.replaceState(null, '', next)
    else this.#browser.history.pushState(null, '', next)
    this.#arrive(next)
  }

  /** Changes the query alone; what is undefined or empty leaves it. Back undoes it unless replaced. */
  setQuery(
    changes: Readonly<Record<string, string | number | undefined>>,
    { replace = false }: { replace?: boolean } = {},
  ): void {
    const query = new URLSearchParams(this.query)
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === '') query.delete(name)
      else query.set(name, String(value))
    }
    const text = query.toString()
    this.go(this.path + (text === '' ? '' : `?${text}`) + this.hash, { replace })
  }

  /**
   * Asks before the page is left while `guard` answers false to "may it be left?".
   * @returns how to stop asking
   */
  guard(guard: Guard): () => void {
    this.#guards.add(guard)
    return () => this.#guards.delete(guard)
  }

  /** What the guards ask with; set by the application, in its language. */
  confirmLeave: () => boolean = () => true

  #mayLeave(): boolean {
    return [...this.#guards].every((guard) => guard()) || this.confirmLeave()
  }

  #arrive(href: string): void {
    const before = this.path
    this.#href = href
    this.#settle()
    if (this.path !== before) {
      this.#visit++
      this.#browser.scrollTo(0, this.#scrolls.get(this.#href) ?? 0)
    }
  }

  /** Another address for the same page becomes the page's own. */
  #settle(): void {
    const match = this.#match
    if (match.page !== 'redirect') return
    const own = match.to.includes('?')
    const href = match.to + (own ? '' : this.#url.search) + this.#url.hash
    this.#browser.history.replaceState(null, '', href)
    this.#href = href
  }
}

const hrefOf = ({ pathname, search, hash }: Location) => pathname + search + hash
