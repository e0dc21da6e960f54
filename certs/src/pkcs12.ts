import { createHash, createHmac, randomBytes } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { contextTag, der, derInteger, derOid, tags } from './der.ts'
import { checkKeyMatches, describeCertificate } from './describe.ts'
import { certificatesIn, toDer } from './formats.ts'
import { encryptedKeyInfo } from './key-files.ts'
import { readPrivateKey } from './keys.ts'
import { derivePkcs12, encryptWithPassword } from './password-encryption.ts'
import { pkcs12Ids } from './pkcs12-reading.ts'

/** Ten times what OpenSSL takes; some key stores refuse files with many more. */
const iterations = 20_480

export interface Pkcs12Request {
  /** The certificate of the key first, its chain behind it. */
  readonly certificatePem: string
  readonly keyPem: string
  readonly password: string
  /** Shown by key stores; default: the subject. */
  readonly friendlyName?: string
}

/**
 * Certificate, chain and key as one encrypted PKCS#12 file (AES-256, SHA-256).
 * @throws CertificateError `certificate-unreadable`, `key-unreadable`, `key-mismatch`
 */
export async function toPkcs12(request: Pkcs12Request): Promise<Buffer> {
  const { certificatePem, keyPem, password } = request
  const certificates = certificatesIn(certificatePem).map(toDer)
  const { subject } = describeCertificate(certificatePem)
  if (!checkKeyMatches(certificatePem, keyPem)) {
    throw new CertificateError('key-mismatch', { subject })
  }
  const localKeyId = createHash('sha1')
    .update(certificates[0] ?? '')
    .digest()
  const attributes = bagAttributes(request.friendlyName ?? subject, localKeyId)
  const key = readPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' })
  const shrouded = await encryptedKeyInfo(key, password, iterations)
  const keyBags = der(tags.sequence, bag(pkcs12Ids.shroudedKeyBag, shrouded, attributes))
  const certificateBags = der(
    tags.sequence,
    ...certificates.map((one, at) =>
      bag(pkcs12Ids.certificateBag, certificateBag(one), at === 0 ? attributes : undefined),
    ),
  )
  const safe = der(
    tags.sequence,
    await encryptedContent(certificateBags, password),
    dataContent(keyBags),
  )
  return der(tags.sequence, derInteger(3), dataContent(safe), await authentication(safe, password))
}

function bag(type: string, value: Buffer, attributes?: Buffer): Buffer {
  const parts = [derOid(type), der(contextTag(0), value)]
  return der(tags.sequence, ...parts, ...(attributes === undefined ? [] : [attributes]))
}

function certificateBag(certificate: Buffer): Buffer {
  const value = der(contextTag(0), der(tags.octetString, certificate))
  return der(tags.sequence, derOid(pkcs12Ids.x509Certificate), value)
}

function bagAttributes(friendlyName: string, localKeyId: Buffer): Buffer {
  // BMPString is big-endian.
  const name = Buffer.from(friendlyName, 'utf16le').swap16()
  const attribute = (id: string, value: Buffer) =>
    der(tags.sequence, derOid(id), der(tags.set, value))
  const both = [
    attribute(pkcs12Ids.friendlyName, der(tags.bmpString, name)),
    attribute(pkcs12Ids.localKeyId, der(tags.octetString, localKeyId)),
  ]
  return der(tags.set, ...both.toSorted((one, other) => Buffer.compare(one, other)))
}

function dataContent(content: Buffer): Buffer {
  const octets = der(contextTag(0), der(tags.octetString, content))
  return der(tags.sequence, derOid(pkcs12Ids.data), octets)
}

async function encryptedContent(content: Buffer, password: string): Promise<Buffer> {
  const { algorithm, encrypted } = await encryptWithPassword(content, password, iterations)
  const info = der(tags.sequence, derOid(pkcs12Ids.data), algorithm, der(0x80, encrypted))
  const data = der(tags.sequence, derInteger(0), info)
  return der(tags.sequence, derOid(pkcs12Ids.encryptedData), der(contextTag(0), data))
}

async function authentication(content: Buffer, password: string): Promise<Buffer> {
  const salt = randomBytes(16)
  const hash = 'sha256'
  const key = await derivePkcs12({ password, salt, id: 3, iterations, bytes: 32, hash })
  const digest = createHmac(hash, key).update(content).digest()
  const algorithm = der(tags.sequence, derOid(pkcs12Ids.sha256), der(tags.null))
  const info = der(tags.sequence, algorithm, der(tags.octetString, digest))
  return der(tags.sequence, info, der(tags.octetString, salt), derInteger(iterations))
}
