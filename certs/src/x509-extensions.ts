import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  childOf,
  childrenOf,
  contextTag,
  numberOf,
  octetsOf,
  oidOf,
  readDer,
  tags,
  type DerNode,
} from './der.ts'
import { ipOctets } from './names.ts'

/** What a certificate says about its use, beyond what Node's parser tells. */
export interface CertificateUse {
  readonly isAuthority: boolean
  /** How many authorities it allows below itself; any number when absent. */
  readonly pathLength?: number
  /** Absent: everything. */
  readonly keyUsage?: ReadonlySet<KeyUsage>
  /** Object identifiers; absent: everything. */
  readonly extendedKeyUsage?: readonly string[]
  readonly permitted: readonly Subtree[]
  readonly excluded: readonly Subtree[]
}

export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'keyCertSign'

export type Subtree =
  | { readonly type: 'dns'; readonly value: string }
  | { readonly type: 'ip'; readonly address: Buffer; readonly mask: Buffer }

export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const

export const serverAuth = '1.3.6.1.5.5.7.3.1'
const anyUsage = '2.5.29.37.0'

const usageBits: readonly (readonly [KeyUsage, number])[] = [
  ['digitalSignature', 0x80],
  ['keyEncipherment', 0x20],
  ['keyCertSign', 0x04],
]

export function readUse(certificate: X509Certificate): CertificateUse {
  const extensions = readExtensions(certificate.raw)
  const at = (id: string) => extensions.get(id)
  const [basic, usage] = [at(extensionIds.basicConstraints), at(extensionIds.keyUsage)]
  const [extended, names] = [at(extensionIds.extendedKeyUsage), at(extensionIds.nameConstraints)]
  const pathLength = basic && childrenOf(basic).find(({ tag }) => tag === tags.integer)
  return {
    isAuthority: certificate.ca,
    ...(pathLength === undefined ? {} : { pathLength: numberOf(pathLength) }),
    ...(usage === undefined ? {} : { keyUsage: keyUsages(usage) }),
    ...(extended === undefined ? {} : { extendedKeyUsage: childrenOf(extended).map(oidOf) }),
    permitted: subtrees(names, 0),
    excluded: subtrees(names, 1),
  }
}

/** Each extension's value, by its object identifier. */
function readExtensions(raw: Buffer): ReadonlyMap<string, DerNode> {
  const holder = childrenOf(childOf(readDer(raw), 0)).find(({ tag }) => tag === contextTag(3))
  if (holder === undefined) return new Map()
  return new Map(
    childrenOf(childOf(holder, 0)).map((extension) => {
      const parts = childrenOf(extension)
      const value = octetsOf(childOf(extension, parts.length - 1))
      return [oidOf(childOf(extension, 0)), readDer(value)]
    }),
  )
}

function keyUsages({ bytes }: DerNode): ReadonlySet<KeyUsage> {
  const bits = bytes[1] ?? 0
  return new Set(usageBits.filter(([, bit]) => (bits & bit) !== 0).map(([usage]) => usage))
}

function subtrees(names: DerNode | undefined, which: 0 | 1): readonly Subtree[] {
  const list = names && childrenOf(names).find(({ tag }) => tag === contextTag(which))
  return list === undefined ? [] : childrenOf(list).flatMap((one) => subtree(childOf(one, 0)))
}

/** Host names and addresses; other kinds do not concern a server. */
function subtree({ tag, bytes }: DerNode): readonly Subtree[] {
  if (tag === 0x82) return [{ type: 'dns', value: bytes.toString('latin1').toLowerCase() }]
  if (tag !== 0x87) return []
  const half = bytes.length / 2
  return [{ type: 'ip', address: bytes.subarray(0, half), mask: bytes.subarray(half) }]
}

export function allowsServerAuth({ extendedKeyUsage }: CertificateUse): boolean {
  return extendedKeyUsage?.some((id) => id === serverAuth || id === anyUsage) ?? true
}

/** Whether an authority of this use may certify a name (RFC 5280, 4.2.1.10). */
export function permitsName({ permitted, excluded }: CertificateUse, name: string): boolean {
  const type = isIP(name) === 0 ? 'dns' : 'ip'
  const ofType = (trees: readonly Subtree[]) => trees.filter((tree) => tree.type === type)
  const inside = (tree: Subtree) =>
    tree.type === 'dns' ? isBelow(tree.value, name) : isInRange(tree, ipOctets(name))
  const allowed = ofType(permitted)
  return (allowed.length === 0 || allowed.some(inside)) && !ofType(excluded).some(inside)
}

function isBelow(domain: string, name: string): boolean {
  if (domain === '') return true
  if (domain.startsWith('.')) return name.endsWith(domain)
  return name === domain || name.endsWith(`.${domain}`)
}

function isInRange({ address, mask }: { address: Buffer; mask: Buffer }, ip: Buffer): boolean {
  if (ip.length !== address.length) return false
  return ip.every((byte, at) => (byte & (mask[at] ?? 0)) === ((address[at] ?? 0) & (mask[at] ?? 0)))
}
