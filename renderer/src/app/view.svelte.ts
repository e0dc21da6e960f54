export type View = 'normal' | 'kiosk' | 'wallboard'

const storageKey = 'view'

/**
 * How the pages are shown: as usual, on a touch screen at the box (`?view=kiosk`), or on a screen at
 * the wall (`?view=wallboard`). It lasts as long as the window; `?view=normal` ends it. A screen at the
 * box may ask for its PIN first: until then it stays what it is.
 */
export class ViewMode {
  readonly current: View
  /** What the screen at the box shall become. */
  readonly wanted: View | undefined
  readonly #storage: Storage

  constructor({ location, sessionStorage, document }: Window = window) {
    const asked = new URLSearchParams(location.search).get('view')
    const before = parse(sessionStorage.getItem(storageKey))
    const next = parse(asked) ?? before ?? 'normal'
    this.wanted = before === 'kiosk' && next !== 'kiosk' ? next : undefined
    const view = this.wanted === undefined ? next : 'kiosk'
    this.#storage = sessionStorage
    if (view === 'normal') sessionStorage.removeItem(storageKey)
    else sessionStorage.setItem(storageKey, view)
    document.documentElement.dataset['view'] = view
    this.current = view
  }

  get isKiosk(): boolean {
    return this.current === 'kiosk'
  }
  /** The next load of a page is one of a browser like any other. */
  leave(): void {
    this.#storage.removeItem(storageKey)
  }
  get isWallboard(): boolean {
    return this.current === 'wallboard'
  }
}

const parse = (text: string | null): View | undefined =>
  (['normal', 'kiosk', 'wallboard'] as const).find((view) => view === text)
