import { createContext } from 'svelte'

export const themePreferences = ['LIGHT', 'DARK', 'AUTO', 'CONTRAST'] as const
export type ThemePreference = (typeof themePreferences)[number]

const storageKey = 'theme-preference'

/** Light, dark or high contrast; AUTO follows the system while the page is open. */
export class Theme {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>
  readonly #window: Window
  #preference = $state<ThemePreference>('AUTO')
  #isDark = $state(false)
  #isContrast = $state(false)

  constructor({ window: host = window }: { window?: Window } = {}) {
    this.#window = host
    this.#storage = host.localStorage
    this.#preference = this.#remembered()
    this.#isDark = host.matchMedia('(prefers-color-scheme: dark)').matches
    this.#isContrast = host.matchMedia('(prefers-contrast: more)').matches
    this.#show()
  }

  get preference(): ThemePreference {
    return this.#preference
  }

  set preference(preference: ThemePreference) {
    this.#preference = preference
    try {
      this.#storage.setItem(storageKey, preference)
    } catch {
      // Without a store it lasts as long as the page.
    }
    this.#show()
  }

  get resolved(): 'light' | 'dark' | 'contrast' {
    if (this.#preference === 'LIGHT') return 'light'
    if (this.#preference === 'DARK') return 'dark'
    if (this.#preference === 'CONTRAST' || this.#isContrast) return 'contrast'
    return this.#isDark ? 'dark' : 'light'
  }

  /** Follows the system, and the choice made in another tab. */
  start(): () => void {
    const dark = this.#window.matchMedia('(prefers-color-scheme: dark)')
    const contrast = this.#window.matchMedia('(prefers-contrast: more)')
    const renew = () => {
      this.#preference = this.#remembered()
      this.#isDark = dark.matches
      this.#isContrast = contrast.matches
      this.#show()
    }
    dark.addEventListener('change', renew)
    contrast.addEventListener('change', renew)
    this.#window.addEventListener('storage', renew)
    return () => {
      dark.removeEventListener('change', renew)
      contrast.removeEventListener('change', renew)
      this.#window.removeEventListener('storage', renew)
    }
  }

  #remembered(): ThemePreference {
    try {
      const stored = this.#storage.getItem(storageKey)
      return themePreferences.find((preference) => preference === stored) ?? 'AUTO'
    } catch {
      return this.#preference
    }
  }

  #show(): void {
    this.#window.document.documentElement.dataset['theme'] = this.resolved
  }
}

export const [useTheme, provideTheme] = createContext<Theme>()
