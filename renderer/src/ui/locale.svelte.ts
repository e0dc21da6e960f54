import { createContext } from 'svelte'
import { overwriteGetLocale } from '../paraglide/runtime.js'
import { loadFontsFor } from './fonts.ts'

export const locales = ['en', 'ja'] as const
export type Locale = (typeof locales)[number]

/** In their own words, as no reader of one can be asked to know the other. */
export const localeNames: Readonly<Record<Locale, string>> = { en: 'English', ja: '日本語' }

const cookieName = 'lang'

/** The language of all messages. They read it through a rune, so a switch needs no reload. */
export class Language {
  readonly #document: Document
  #account = $state<Locale | null>(null)
  #chosen = $state<Locale | null>(null)
  readonly #found: Locale

  constructor({
    account,
    window: host = window,
  }: { account?: string | null; window?: Window } = {}) {
    this.#document = host.document
    this.#account = localeOf(account)
    this.#found =
      localeOf(new URLSearchParams(host.location.search).get(cookieName)) ??
      localeOf(cookieOf(host.document)) ??
      host.navigator.languages.map(localeOf).find((locale) => locale !== null) ??
      'en'
    overwriteGetLocale(() => this.locale)
    this.#show()
  }

  /** What was just chosen, the account's setting, the address, the cookie, the browser, English. */
  get locale(): Locale {
    return this.#chosen ?? this.#account ?? this.#found
  }

  /** Chosen by the reader; kept in a cookie, and by the caller in the account. */
  choose(locale: Locale): void {
    this.#chosen = locale
    const secure = this.#document.location.protocol === 'https:' ? '; Secure' : ''
    this.#document.cookie = `${cookieName}=${locale}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`
    this.#show()
  }

  setAccount(locale: string | null | undefined): void {
    this.#account = localeOf(locale)
    this.#show()
  }

  #show(): void {
    this.#document.documentElement.lang = this.locale
    void loadFontsFor(this.locale)
  }
}

/** "ja-JP" is Japanese; what we do not speak is none. */
function localeOf(tag: string | null | undefined): Locale | null {
  const base = (tag ?? '').toLowerCase().split(/[-_]/)[0]
  return locales.find((locale) => locale === base) ?? null
}

function cookieOf({ cookie }: Document): string | undefined {
  const pairs = cookie.split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === cookieName)?.[1]
}

export const [useLanguage, provideLanguage] = createContext<Language>()
