/** Parts of a URI that a browser may be sent to; everything in it is printable ASCII. */
export interface RedirectUri {
  readonly scheme: string
  /** `host[:port]`, never with user information. */
  readonly authority: string
  readonly path: string
  readonly query: string
}

const pattern =
  /^([a-z][a-z0-9+.-]*):\/\/([a-z0-9._-]+(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?)(\/[^?#\\]*)?(\?[^#\\]*)?$/i
const scripts = new Set(['javascript', 'data', 'vbscript', 'file', 'blob', 'about'])

export function parseRedirectUri(text: string): RedirectUri | undefined {
  if (text.length > 2_048 || !/^[\x21-\x7e]+$/.test(text) || /["'<>`{}|^]/.test(text)) {
    return undefined
  }
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, scheme = '', authority = '', path = '', query = ''] = match
  if (scripts.has(scheme.toLowerCase())) return undefined
  return { scheme: scheme.toLowerCase(), authority: authority.toLowerCase(), path, query }
}

/**
 * Whether an application's answer may go to a URI: to the page of ours that shows a token, or to
 * where the application was registered and below. What could lead a browser elsewhere is refused:
 * `..` however it is written, `@`, and any `%` behind the registered part (api-shapes, 9.3).
 */
export function isRedirectAllowed(
  requested: string,
  {
    registered,
    localHandlers,
  }: { readonly registered: string; readonly localHandlers: readonly string[] },
): boolean {
  if (localHandlers.includes(requested)) return true
  const target = parseRedirectUri(requested)
  const home = parseRedirectUri(registered)
  if (target === undefined || home === undefined) return false
  if (target.scheme !== home.scheme || target.authority !== home.authority) return false
  if (home.query !== '') return requested === registered
  if (!target.path.startsWith(home.path)) return false
  const rest = target.path.slice(home.path.length) + target.query
  return (
    !rest.includes('%') && !target.path.includes('@') && !/\.\.|\.%2e|%2e[.%]/i.test(target.path)
  )
}

/** The answer behind the URI that was asked for. */
export function withAnswer(
  redirectUri: string,
  query: Readonly<Record<string, string | undefined>>,
  fragment: Readonly<Record<string, string>> = {},
): string {
  const encode = (fields: Readonly<Record<string, string | undefined>>) =>
    Object.entries(fields)
      .filter((field): field is [string, string] => field[1] !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')
  const search = encode(query)
  const mark = redirectUri.includes('?') ? '&' : '?'
  const hash = encode(fragment)
  return redirectUri + (search && mark + search) + (hash && `#${hash}`)
}
