import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { joined, parse, unreadable, type BundleContent } from './bundle-content.ts'
import { childOf, childrenOf, contextTag, DerError, oidOf, readDer, tags } from './der.ts'
import { oneLine } from './describe.ts'
import { isCertificateBlock, signedData } from './formats.ts'
import { checkSize } from './input.ts'
import { isKeyBlock, readKey } from './key-files.ts'
import { countBegins, derOfBlock, isPem, pemBlocks, type PemBlock } from './pem.ts'
import { isPkcs12, readPkcs12 } from './pkcs12-reading.ts'

export interface CertificateBundle {
  /** The certificate that the key belongs to, or the only one that issued none of the others. */
  readonly leaf: string
  /** Its issuer, that one's issuer, and so on, as far as they were given. */
  readonly chain: readonly string[]
  /** PKCS#8 PEM, unencrypted; absent when none was given. */
  readonly keyPem?: string
  /** Certificates that do not belong to the chain. */
  readonly extras: readonly string[]
}

/**
 * Sorts out what an administrator has: PEM in any order, mixed with keys, DER, PKCS#7 or PKCS#12,
 * in one piece or several. The leaf may be a server's certificate or an authority's.
 * @param password of PKCS#12 and encrypted keys
 * @throws CertificateError `input-too-large`, `certificate-unreadable`, `key-unreadable`,
 *   `certificate-missing`, `leaf-ambiguous`, `key-mismatch`, `password-needed`, `password-wrong`,
 *   `format-unsupported`, `key-type-unsupported`
 */
export async function readCertificateBundle(
  inputs: readonly Uint8Array[],
  password?: string,
): Promise<CertificateBundle> {
  checkSize(...inputs)
  const certificates = new Map<string, X509Certificate>()
  const keys = new Set<string>()
  for (const input of inputs) {
    const content = await readInput(Buffer.from(input), password)
    for (const one of content.certificates) certificates.set(one.fingerprint256, one)
    for (const key of content.keys) keys.add(key)
  }
  return sortOut([...certificates.values()], [...keys])
}

async function readInput(bytes: Buffer, password: string | undefined): Promise<BundleContent> {
  const text = bytes.toString('latin1')
  if (!isPem(text)) return readBinary(bytes, password)
  const blocks = pemBlocks(text)
  if (blocks.length < countBegins(text)) throw unreadable('it is cut short')
  const parts: BundleContent[] = []
  for (const block of blocks) parts.push(await readBlock(block, password))
  return joined(parts)
}

async function readBlock(block: PemBlock, password?: string): Promise<BundleContent> {
  if (isCertificateBlock(block)) return { certificates: [parse(block.text)], keys: [] }
  if (isKeyBlock(block)) return { certificates: [], keys: [await readKey(block.text, password)] }
  if (['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA'].includes(block.label)) {
    return readBinary(derOfBlock(block), password)
  }
  // Curve parameters, comments of other tools, requests: they neither help nor harm.
  return { certificates: [], keys: [] }
}

async function readBinary(bytes: Buffer, password?: string): Promise<BundleContent> {
  try {
    const node = readDer(bytes)
    if (node.tag !== tags.sequence) throw new DerError('not a sequence')
    const first = childOf(node, 0)
    if (first.tag === tags.oid && oidOf(first) === signedData) {
      return { certificates: readPkcs7(bytes), keys: [] }
    }
    if (isPkcs12(node)) return await readPkcs12(node, password)
    const isKey = first.tag === tags.integer || childOf(node, 1).tag === tags.octetString
    if (isKey) return { certificates: [], keys: [await readKey(bytes, password)] }
    return { certificates: [parse(bytes)], keys: [] }
  } catch (error) {
    if (error instanceof CertificateError) throw error
    throw unreadable('it is neither PEM nor DER, PKCS#7 or PKCS#12, or it is damaged', error)
  }
}

/** The certificates of a SignedData (RFC 5652, 5.1). */
function readPkcs7(bytes: Buffer): readonly X509Certificate[] {
  const content = childOf(childOf(readDer(bytes), 1), 0)
  const list = childrenOf(content).find(({ tag }) => tag === contextTag(0))
  if (list === undefined) return []
  return childrenOf(list).flatMap(({ tag, raw }) => (tag === tags.sequence ? parse(raw) : []))
}

function sortOut(
  certificates: readonly X509Certificate[],
  keys: readonly string[],
): CertificateBundle {
  if (certificates.length === 0) throw new CertificateError('certificate-missing')
  const { leaf, keyPem } = findLeaf(certificates, keys)
  const chain = orderChain(leaf, certificates)
  const extras = certificates.filter((one) => one !== leaf && !chain.includes(one))
  return {
    leaf: leaf.toString(),
    chain: chain.map(String),
    ...(keyPem === undefined ? {} : { keyPem }),
    extras: extras.map(String),
  }
}

function findLeaf(
  certificates: readonly X509Certificate[],
  keys: readonly string[],
): { leaf: X509Certificate; keyPem?: string } {
  const pairs = keys.flatMap((keyPem) =>
    certificates
      .filter((one) => one.checkPrivateKey(createPrivateKey(keyPem)))
      .map((leaf) => ({ leaf, keyPem })),
  )
  // An authority's key next to a server's is no reason to serve the authority.
  const usable = pairs.some(({ leaf }) => !leaf.ca) ? pairs.filter(({ leaf }) => !leaf.ca) : pairs
  const candidates =
    keys.length > 0 ? distinct(usable.map(({ leaf }) => leaf)) : lowest(certificates)
  const [leaf, another] = candidates
  if (another !== undefined) {
    const subjects = candidates.map(({ subject }) => oneLine(subject)).join('; ')
    throw new CertificateError('leaf-ambiguous', { subjects })
  }
  if (leaf === undefined) {
    const subject = oneLine(lowest(certificates)[0]?.subject ?? '')
    throw new CertificateError('key-mismatch', { subject })
  }
  const keyPem = usable.find((pair) => pair.leaf === leaf)?.keyPem
  return keyPem === undefined ? { leaf } : { leaf, keyPem }
}

/** Servers' certificates; without any, the authorities that issued no other. */
function lowest(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const servers = certificates.filter(({ ca }) => !ca)
  if (servers.length > 0) return servers
  return certificates.filter(
    (one) => !certificates.some((other) => other !== one && isIssuer(one, other)),
  )
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}

/** Each certificate's issuer behind it, as far as they are there. */
export function orderChain(
  leaf: X509Certificate,
  certificates: readonly X509Certificate[],
): readonly X509Certificate[] {
  const chain = [leaf]
  for (let last: X509Certificate | undefined = leaf; last !== undefined;) {
    const below: X509Certificate = last
    const issuers = certificates.filter((one) => !chain.includes(one) && isIssuer(one, below))
    // One that is certified by yet another leads further than the self-signed form of the same.
    last = isIssuer(below, below)
      ? undefined
      : (issuers.find((one) => one.subject !== one.issuer) ?? issuers[0])
    if (last !== undefined) chain.push(last)
  }
  return chain.slice(1)
}

/** By name and by signature. */
export function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  if (issuer.subject !== certificate.issuer) return false
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}
