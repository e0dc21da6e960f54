import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Pkcs10CertificateRequest } from '@peculiar/x509'
import { CertificateError } from './certificate-error.ts'
import { sha256 } from './describe.ts'
import { checkSize } from './input.ts'
import { keyOrNew, keyTypeOf, signingKey, verifyingKey, type KeyType } from './keys.ts'
import { parseNames } from './names.ts'
import { derOfBlock, isPem, pemBlocks, toPem } from './pem.ts'
import { prepareIssuing } from './server-certificate.ts'
import { subjectName, type KeyedCertificate } from './sign.ts'
import { extensionIds } from './x509-extensions.ts'
import { loadX509 } from './x509.ts'

export interface SigningRequestInput {
  /** As for `issueServerCertificate`. */
  readonly names: readonly string[]
  readonly organization?: string
  /** Two letters, ISO 3166. */
  readonly country?: string
  /** Of the new key, default `ecdsa-p256`. */
  readonly keyType?: KeyType
  /** Keep this key, PEM, instead of a new one. */
  readonly keyPem?: string
}

export interface SigningRequest {
  /** PKCS#10. */
  readonly requestPem: string
  /** PKCS#8, unencrypted: store it with mode 0600. */
  readonly keyPem: string
}

/**
 * A request that a company's authority can sign, and its key.
 * @throws CertificateError `names-missing`, `name-invalid`, `subject-invalid`, `key-unreadable`,
 *   `key-type-unsupported`
 */
export async function createSigningRequest(input: SigningRequestInput): Promise<SigningRequest> {
  const names = parseNames(input.names)
  const [first] = names
  if (first === undefined) throw new CertificateError('names-missing')
  const { organization, country, keyType = 'ecdsa-p256' } = input
  const name = await subjectName({ commonName: first.value, organization, country })
  const keyPem = await keyOrNew(input.keyPem, keyType)

  const x509 = await loadX509()
  const { key, hash } = await signingKey(keyPem)
  const { digitalSignature } = x509.KeyUsageFlags
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: { privateKey: key, publicKey: await verifyingKey(keyPem) },
    signingAlgorithm: { name: key.algorithm.name, hash },
    extensions: [
      new x509.SubjectAlternativeNameExtension([...names]),
      new x509.KeyUsagesExtension(digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
  return { requestPem: toPem('CERTIFICATE REQUEST', Buffer.from(request.rawData)), keyPem }
}

export interface SigningRequestDescription {
  /** `CN=registry.example.com, O=Example` */
  readonly subject: string
  /** The common name of the request, which may be none of its names. */
  readonly commonName?: string | undefined
  readonly names: readonly string[]
  /** `ecdsa-p256`, `rsa-2048`, … */
  readonly keyType: string
  /** SHA-256 of the public key, `AB:CD:…`; the same as of the certificate made from it. */
  readonly publicKeyFingerprint: string
}

/**
 * Reads a request, PEM or DER, and verifies that it is signed by its own key.
 * @throws CertificateError `request-unreadable`, `request-signature-invalid`, `input-too-large`
 */
export async function readSigningRequest(
  request: string | Uint8Array,
): Promise<SigningRequestDescription> {
  const { publicKey, ...description } = await readRequest(request)
  return {
    ...description,
    keyType: keyTypeOf(publicKey),
    publicKeyFingerprint: sha256(publicKey),
  }
}

async function readRequest(request: string | Uint8Array) {
  checkSize(request)
  const x509 = await loadX509()
  const parsed = await parseRequest(requestDer(request))
  if (!(await parsed.verify().catch(() => false))) {
    throw new CertificateError('request-signature-invalid')
  }
  const names = parsed.extensions.find(({ type }) => type === extensionIds.subjectAltName)
  const parsedNames =
    names === undefined ? [] : new x509.SubjectAlternativeNameExtension(names.rawData).names.items
  const subject = parsed.subjectName.toJSON().flatMap((part) => Object.entries(part))
  return {
    subject: subject
      .toReversed()
      .map(([type, values]) => `${type}=${values.join('+')}`)
      .join(', '),
    commonName: parsed.subjectName.getField('CN').at(-1),
    names: parsedNames.flatMap(({ type, value }) => (type === 'dns' || type === 'ip' ? value : [])),
    publicKey: readPublicKey(Buffer.from(parsed.publicKey.rawData)),
  }
}

async function parseRequest(bytes: Buffer): Promise<Pkcs10CertificateRequest> {
  const x509 = await loadX509()
  try {
    return new x509.Pkcs10CertificateRequest(bytes)
  } catch (cause) {
    throw unreadable('its content is not one', cause)
  }
}

function readPublicKey(key: Buffer): KeyObject {
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' })
  } catch (cause) {
    throw unreadable('its key is of an unknown kind', cause)
  }
}

function requestDer(request: string | Uint8Array): Buffer {
  const text = typeof request === 'string' ? request : Buffer.from(request).toString('latin1')
  if (!isPem(text)) return Buffer.from(text, 'latin1')
  const block = pemBlocks(text).find(({ label }) => label.endsWith('CERTIFICATE REQUEST'))
  if (block === undefined) throw unreadable('there is none, or it is cut short')
  return derOfBlock(block)
}

function unreadable(reason: string, cause?: unknown): CertificateError {
  return new CertificateError('request-unreadable', { reason }, { cause })
}

export interface IssueFromRequest {
  readonly authority: KeyedCertificate
  /** PEM or DER. */
  readonly request: string | Uint8Array
  /** Default: the names of the request. */
  readonly names?: readonly string[]
  readonly now: number
  /** 1 to 825, default 397. */
  readonly lifeDays?: number
}

/**
 * Signs somebody's request as a TLS server certificate; of what it asks for, only the key and
 * the names are taken.
 * @returns the chain to serve, PEM
 * @throws CertificateError as `readSigningRequest` and `issueServerCertificate`
 */
export async function issueFromRequest(input: IssueFromRequest): Promise<string> {
  const { authority, now, lifeDays } = input
  const { names, commonName, publicKey } = await readRequest(input.request)
  const wanted =
    input.names ?? (names.length > 0 || commonName === undefined ? names : [commonName])
  const issue = await prepareIssuing({ authority, names: wanted, now, lifeDays })
  return issue(publicKey.export({ format: 'der', type: 'spki' }))
}
