import { securityPolicy } from './security-policy.ts'

export type LinkDecision =
  | { readonly kind: 'stay' }
  /** Leaves for the system's browser once somebody said yes to this address. */
  | { readonly kind: 'ask'; readonly address: string }
  | { readonly kind: 'deny' }

/** Where a page may go by itself: nowhere but on its own server. */
export function mayNavigate(address: string, origin: string): boolean {
  const url = parse(address)
  if (url === undefined || url.username !== '' || url.password !== '') return false
  return isWebProtocol(url.protocol) && url.origin === origin
}

/** What becomes of a link that wants out of the window. */
export function decideLink(address: string, origin: string): LinkDecision {
  if (mayNavigate(address, origin)) return { kind: 'stay' }
  const url = parse(address)
  if (url === undefined || address.length > securityPolicy.deepLink.maximumLength) {
    return { kind: 'deny' }
  }
  const isExternal = securityPolicy.externalProtocols.some((protocol) => url.protocol === protocol)
  if (!isExternal || url.username !== '' || url.password !== '') return { kind: 'deny' }
  return { kind: 'ask', address: url.href }
}

function isWebProtocol(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'http:'
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}
