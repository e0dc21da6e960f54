import { isAbsolute } from 'node:path'
import { securityPolicy } from './security-policy.ts'

/** What a `mooring://` link may ask for. It opens a page; nothing happens before somebody says so. */
export type DeepLink =
  | { readonly action: 'open'; readonly path: string }
  | { readonly action: 'import'; readonly file: string }
  | { readonly action: 'connect'; readonly url: string; readonly fingerprint?: string }

const { scheme, actions, maximumLength } = securityPolicy.deepLink

/** Anything that is not exactly one of the known links is dropped. */
export function parseDeepLink(text: string): DeepLink | undefined {
  if (text.length > maximumLength || hasControlCharacter(text) || !URL.canParse(text)) {
    return undefined
  }
  const url = new URL(text)
  if (url.protocol !== `${scheme}:` || url.username !== '' || url.port !== '') return undefined
  const action = actions.find((known) => known === url.hostname)
  if (action === 'open') return parseOpen(url)
  if (action === 'import') return parseImport(url)
  return action === 'connect' ? parseConnect(url) : undefined
}

/** A bundle that was double-clicked, or given on the command line. */
export function linkOfFile(file: string): DeepLink | undefined {
  if (!isAbsolute(file) || hasControlCharacter(file) || file.length > maximumLength)
    return undefined
  return /\.mooring\.tar$/i.test(file) ? { action: 'import', file } : undefined
}

/** The link among what the program was started with. */
export function linkOfArguments(args: readonly string[]): DeepLink | undefined {
  for (const arg of args) {
    const link = arg.startsWith(`${scheme}:`) ? parseDeepLink(arg) : linkOfFile(arg)
    if (link !== undefined) return link
  }
  return undefined
}

/** The page of the local server that asks what to do with it. */
export function pageOf(link: DeepLink): string | undefined {
  if (link.action === 'open') return link.path
  if (link.action === 'import') {
    return `/bundles/import?${new URLSearchParams({ file: link.file, from: 'link' }).toString()}`
  }
  return undefined
}

function parseOpen(url: URL): DeepLink | undefined {
  if (url.hash !== '') return undefined
  const path = `${url.pathname === '' ? '/' : url.pathname}${url.search}`
  // `//host` and a backslash would leave the server.
  if (path.startsWith('//') || path.includes('\\') || /%(?:2f|5c|00)/i.test(url.pathname)) {
    return undefined
  }
  return { action: 'open', path }
}

function parseImport(url: URL): DeepLink | undefined {
  const file = onlyParameters(url, ['file'])?.get('file')
  if (file === undefined || file === null || !isAbsolute(file) || hasControlCharacter(file)) {
    return undefined
  }
  return { action: 'import', file }
}

function parseConnect(url: URL): DeepLink | undefined {
  const parameters = onlyParameters(url, ['url', 'fp'])
  const address = parameters?.get('url') ?? ''
  if (!URL.canParse(address)) return undefined
  const server = new URL(address)
  const isPlain = server.username === '' && server.pathname === '/' && server.search === ''
  if (server.protocol !== 'https:' || !isPlain || server.hash !== '') return undefined
  const given = parameters?.get('fp') ?? undefined
  if (given === undefined) return { action: 'connect', url: server.origin }
  const fingerprint = parseFingerprint(given)
  return fingerprint === undefined
    ? undefined
    : { action: 'connect', url: server.origin, fingerprint }
}

/** SHA-256 in any usual writing, as `AB:CD:…`. */
export function parseFingerprint(text: string): string | undefined {
  const digits = text.replace(/^sha-?256[: ]/i, '').replace(/[:\s]/g, '')
  if (!/^[0-9a-f]{64}$/i.test(digits)) return undefined
  return (digits.toUpperCase().match(/../g) ?? []).join(':')
}

/** Undefined when the link carries anything else, or anything twice. */
function onlyParameters(url: URL, names: readonly string[]): URLSearchParams | undefined {
  const found = [...url.searchParams.keys()]
  const isKnown = found.every((name) => names.includes(name))
  const isPlain = ['', '/'].includes(url.pathname) && url.hash === ''
  return isKnown && isPlain && new Set(found).size === found.length ? url.searchParams : undefined
}

function hasControlCharacter(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- it is these that are looked for
  return /[\u0000-\u001f\u007f]/.test(text)
}
