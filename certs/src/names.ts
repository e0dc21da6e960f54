import { isIP, SocketAddress } from 'node:net'
import { CertificateError } from './certificate-error.ts'

export interface CertificateName {
  readonly type: 'dns' | 'ip'
  readonly value: string
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const dnsPattern = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`)
const longestDnsName = 253

/**
 * A host name, a wildcard, an IPv4 or an IPv6 address, in its plain spelling: lower case, IPv6
 * shortened and without brackets.
 * @throws CertificateError `name-invalid`
 */
export function parseName(text: string): CertificateName {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  // A zone (`fe80::1%eth0`) means something on one machine only.
  const family = bare.includes('%') ? 0 : isIP(bare)
  if (family === 4) return { type: 'ip', value: bare }
  if (family === 6) {
    const { address } = new SocketAddress({ address: bare, family: 'ipv6' })
    return { type: 'ip', value: address }
  }
  const value = text.toLowerCase()
  if (value.length <= longestDnsName && dnsPattern.test(value)) return { type: 'dns', value }
  throw new CertificateError('name-invalid', { name: JSON.stringify(text) })
}

/** Whether a certificate can carry this name. */
export function isCertificateName(text: string): boolean {
  try {
    parseName(text)
    return true
  } catch (error) {
    if (error instanceof CertificateError) return false
    throw error
  }
}

/** Each name once, in the order given. */
export function parseNames(texts: readonly string[]): readonly CertificateName[] {
  const names = new Map(texts.map(parseName).map((name) => [name.value, name]))
  return [...names.values()]
}
