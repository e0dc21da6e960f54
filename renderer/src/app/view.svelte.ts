export type View = 'normal' | 'kiosk' | 'wallboard'

const storageKey = 'view'

/**
 * How the pages are shown: as usual, on a touch screen at the box (`?view=kiosk`), or on a screen at
 * the wall (`?view=wallboard`). It lasts as long as the window; `?view=normal` ends it.
 */
export class ViewMode {
  readonly current: View

  constructor({ location, sessionStorage, document }: Window = window) {
    const asked = new URLSearchParams(location.search).get('view')
    const view = parse(asked) ?? parse(sessionStorage.getItem(storageKey)) ?? 'normal'
    if (view === 'normal') sessionStorage.removeItem(storageKey)
    else sessionStorage.setItem(storageKey, view)
    document.documentElement.dataset['view'] = view
    this.current = view
  }

  get isKiosk(): boolean {
    return this.current === 'kiosk'
  }
  get isWallboard(): boolean {
    return this.current === 'wallboard'
  }
}

const parse = (text: string | null): View | undefined =>
  (['normal', 'kiosk', 'wallboard'] as const).find((view) => view === text)
