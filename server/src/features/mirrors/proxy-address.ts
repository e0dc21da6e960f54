/** The way to the outside of a site; any of them may be missing. */
export interface ProxySettings {
  readonly http_proxy?: string | null | undefined
  readonly https_proxy?: string | null | undefined
  readonly no_proxy?: string | null | undefined
}

const mask = '********'

/** The address of a proxy without the password that it may hold. */
export function maskedProxy(address: string): string {
  return address.replace(/^([a-z]+:\/\/)?([^/@]*?):([^/]*)@/i, `$1$2:${mask}@`)
}

/** Whoever sends back what was shown means what is stored. */
export function unmaskedProxy(
  given: string | null | undefined,
  stored: string | null | undefined,
): string | null | undefined {
  const isShown = typeof given === 'string' && typeof stored === 'string'
  return isShown && given.includes(mask) && given === maskedProxy(stored) ? stored : given
}
