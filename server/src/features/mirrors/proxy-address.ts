/** The way to the outside of a site; any of them may be missing. */
export interface ProxySettings {
  readonly http_proxy?: string | null | undefined
  readonly https_proxy?: string | null | undefined
  readonly no_proxy?: string | null | undefined
}

const mask = '********'

/** The address of a proxy without the password that it may hold, also where that was not escaped. */
export function maskedProxy(address: string): string {
  const [scheme = ''] = /^(?:[a-z][a-z0-9+.-]*:)?\/\//i.exec(address) ?? []
  const colon = address.indexOf(':', scheme.length)
  const at = address.lastIndexOf('@')
  if (colon < 0 || at < colon) return address
  return `${address.slice(0, colon)}:${mask}${address.slice(at)}`
}

/** Whoever sends back what was shown means what is stored. */
export function unmaskedProxy(
  given: string | null | undefined,
  stored: string | null | undefined,
): string | null | undefined {
  const isShown = typeof given === 'string' && typeof stored === 'string'
  return isShown && given.includes(mask) && given === maskedProxy(stored) ? stored : given
}

const keys = ['http_proxy', 'https_proxy', 'no_proxy'] as const

export function maskedProxies(proxy: ProxySettings): ProxySettings {
  return Object.fromEntries(
    Object.entries(proxy).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? maskedProxy(value) : value,
    ]),
  )
}

/** Only what is given. */
export function unmaskedProxies(given: ProxySettings, stored: ProxySettings = {}): ProxySettings {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = unmaskedProxy(given[key], stored[key])
      return value === undefined ? [] : [[key, value]]
    }),
  )
}
