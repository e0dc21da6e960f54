import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** How far the headers that a proxy adds are believed. */
export interface ProxyTrust {
  /** EXTERNAL_TLS_TERMINATION: somebody in front of us ends TLS and says who the client is. */
  readonly externalTls: boolean
  /** Used when a request has no usable `Host`. */
  readonly serverHostname: string
}

const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** `scheme://host[:port]` as the client sees us; links and realms are built from it. */
export function originOf(
  hostHeader: string | undefined,
  isEncrypted: boolean,
  trust: ProxyTrust,
): string {
  const scheme = isEncrypted || trust.externalTls ? 'https' : 'http'
  const host = hostHeader ?? ''
  return `${scheme}://${hostPattern.test(host) ? host : trust.serverHostname}`
}

/** The client's address without the IPv4-in-IPv6 prefix. */
export function clientAddressOf(req: IncomingMessage, trust: ProxyTrust): string {
  const forwarded = trust.externalTls ? req.headers['x-forwarded-for'] : undefined
  const last = (typeof forwarded === 'string' ? forwarded : '').split(',').at(-1)?.trim() ?? ''
  return plainAddress(isIP(last) === 0 ? (req.socket.remoteAddress ?? '') : last)
}

export function isEncrypted(req: IncomingMessage): boolean {
  return 'encrypted' in req.socket
}

export function isLoopback(address: string | undefined): boolean {
  const plain = plainAddress(address ?? '')
  return plain === '::1' || plain.startsWith('127.')
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
