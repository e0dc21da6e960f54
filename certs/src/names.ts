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

/** The 4 or 16 octets of an address. */
export function ipOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - front.length - back.length
  const groups = [...front, ...Array.from({ length: gap }, () => 0), ...back]
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
