import { createHmac, timingSafeEqual } from 'node:crypto'
import { joined, parse, type BundleContent } from './bundle-content.ts'
import { CertificateError } from './certificate-error.ts'
import {
  childOf,
  childrenOf,
  DerError,
  numberOf,
  octetsOf,
  oidOf,
  readDer,
  tags,
  type DerNode,
} from './der.ts'
import { readKey } from './key-files.ts'
import { decryptWithPassword, derivePkcs12, mostIterations } from './password-encryption.ts'

const what = 'PKCS#12 file'
const deepest = 4

export const pkcs12Ids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  nestedBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const

const macHashes: Readonly<Record<string, 'sha1' | 'sha256' | 'sha384' | 'sha512'>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** PFX: version 3, then a ContentInfo of data (RFC 7292, 4). */
export function isPkcs12(node: DerNode): boolean {
  const [version, content] = childrenOf(node)
  if (version?.tag !== tags.integer || content?.tag !== tags.sequence) return false
  const [type] = childrenOf(content)
  return type?.tag === tags.oid && numberOf(version) === 3
}

/** @throws CertificateError `password-needed`, `password-wrong`, `format-unsupported` */
export async function readPkcs12(file: DerNode, password?: string): Promise<BundleContent> {
  const content = childOf(file, 1)
  if (oidOf(childOf(content, 0)) !== pkcs12Ids.data) throw unsupported('it is signed with a key')
  const safe = contentOf(content)
  const mac = childrenOf(file)[2]
  if (password === undefined && mac !== undefined && !(await isAuthentic(mac, safe, ''))) {
    throw new CertificateError('password-needed', { what })
  }
  if (mac !== undefined && !(await isAuthentic(mac, safe, password ?? ''))) {
    throw new CertificateError('password-wrong', { what })
  }
  const parts: BundleContent[] = []
  for (const info of childrenOf(readDer(safe))) {
    parts.push(await readBags(await openContent(info, password ?? ''), password ?? '', 0))
  }
  return joined(parts)
}

function contentOf(contentInfo: DerNode): Buffer {
  return octetsOf(childOf(childOf(contentInfo, 1), 0))
}

async function isAuthentic(mac: DerNode, content: Buffer, password: string): Promise<boolean> {
  const [digestInfo, saltNode, rounds] = childrenOf(mac)
  if (digestInfo === undefined || saltNode === undefined) throw new DerError('no digest')
  const hashOid = oidOf(childOf(childOf(digestInfo, 0), 0))
  const hash = macHashes[hashOid]
  if (hash === undefined) throw unsupported(hashOid)
  const iterations = rounds === undefined ? 1 : numberOf(rounds)
  if (iterations > mostIterations / 10) throw unsupported('iterations')
  const expected = octetsOf(childOf(digestInfo, 1))
  const salt = octetsOf(saltNode)
  const bytes = expected.length
  const key = await derivePkcs12({ password, salt, id: 3, iterations, bytes, hash })
  const found = createHmac(hash, key).update(content).digest()
  return found.length === bytes && timingSafeEqual(found, expected)
}

async function openContent(info: DerNode, password: string): Promise<Buffer> {
  const type = oidOf(childOf(info, 0))
  if (type === pkcs12Ids.data) return contentOf(info)
  if (type !== pkcs12Ids.encryptedData) throw unsupported(type)
  const [, algorithm, encrypted] = childrenOf(childOf(childOf(childOf(info, 1), 0), 1))
  if (algorithm === undefined || encrypted === undefined) throw new DerError('no content')
  return decryptWithPassword(algorithm, octetsOf(encrypted), password, what)
}

async function readBags(content: Buffer, password: string, depth: number): Promise<BundleContent> {
  if (depth > deepest) throw unsupported('it is nested too deeply')
  const parts: BundleContent[] = []
  for (const bag of childrenOf(readDer(content))) parts.push(await readBag(bag, password, depth))
  return joined(parts)
}

async function readBag(bag: DerNode, password: string, depth: number): Promise<BundleContent> {
  const type = oidOf(childOf(bag, 0))
  const value = childOf(childOf(bag, 1), 0)
  if (type === pkcs12Ids.keyBag || type === pkcs12Ids.shroudedKeyBag) {
    return { certificates: [], keys: [await readKey(value.raw, password)] }
  }
  if (type === pkcs12Ids.nestedBag) return readBags(value.raw, password, depth + 1)
  if (type !== pkcs12Ids.certificateBag) return { certificates: [], keys: [] }
  if (oidOf(childOf(value, 0)) !== pkcs12Ids.x509Certificate) return { certificates: [], keys: [] }
  return { certificates: [parse(octetsOf(childOf(childOf(value, 1), 0)))], keys: [] }
}

function unsupported(reason: string): CertificateError {
  return new CertificateError('format-unsupported', { what, reason })
}
