import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { keyTypeOf, readPrivateKey } from './keys.ts'
import { parseName } from './names.ts'

export interface CertificateDescription {
  /** `CN=registry.example.com, O=Example` */
  readonly subject: string
  readonly issuer: string
  /** Host names and addresses, IPv6 in its short spelling. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** `AB:CD:…`, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly sha256Fingerprint: string
  /** Hexadecimal, upper case. */
  readonly serial: string
  /** `ecdsa-p256`, `rsa-2048`, `ed25519`, … */
  readonly keyType: string
  /** SHA-256 of the public key, `AB:CD:…`; stays when a certificate is renewed with its key. */
  readonly publicKeyFingerprint: string
  /** `sha256WithRSAEncryption`, `ecdsa-with-SHA384`, … */
  readonly signatureAlgorithm: string
  /** Whether it may sign other certificates. */
  readonly isAuthority: boolean
  /** Whether issuer and subject are the same name. */
  readonly isSelfIssued: boolean
}

/**
 * Describes the first certificate of a PEM text.
 * @throws CertificateError `certificate-unreadable`
 */
export function describeCertificate(pem: string): CertificateDescription {
  const certificate = readCertificate(pem)
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: alternativeNames(certificate.subjectAltName ?? ''),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    sha256Fingerprint: certificate.fingerprint256,
    serial: certificate.serialNumber,
    keyType: keyTypeOf(certificate.publicKey),
    publicKeyFingerprint: sha256(certificate.publicKey),
    signatureAlgorithm: certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid,
    isAuthority: certificate.ca,
    isSelfIssued: certificate.subject === certificate.issuer,
  }
}

/**
 * SHA-256 of the first certificate of a PEM text, `AB:CD:…`.
 * @throws CertificateError `certificate-unreadable`
 */
export function fingerprint(pem: string): string {
  return readCertificate(pem).fingerprint256
}

/**
 * SHA-256 of the public key (SPKI) of the first certificate of a PEM text, `AB:CD:…`.
 * @throws CertificateError `certificate-unreadable`
 */
export function publicKeyFingerprint(pem: string): string {
  return sha256(readCertificate(pem).publicKey)
}

/**
 * When the first certificate of a PEM text should be replaced: after two thirds of its life.
 * @returns milliseconds since the epoch
 * @throws CertificateError `certificate-unreadable`
 */
export function renewalTime(pem: string): number {
  const { validFromDate, validToDate } = readCertificate(pem)
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()]
  return from + Math.floor(((to - from) * 2) / 3)
}

/**
 * Whether a private key belongs to the first certificate of a PEM text.
 * @throws CertificateError `certificate-unreadable`, `key-unreadable`
 */
export function checkKeyMatches(certificatePem: string, keyPem: string): boolean {
  return readCertificate(certificatePem).checkPrivateKey(readPrivateKey(keyPem))
}

export function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    const reason = 'it is no certificate in PEM'
    throw new CertificateError('certificate-unreadable', { reason }, { cause })
  }
}

export function sha256(key: KeyObject): string {
  const digest = createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
  return digest.toUpperCase().replace(/(..)(?!$)/g, '$1:')
}

/** Node lists the parts as they are encoded, the common name last. */
export function oneLine(name: string): string {
  return name.split('\n').toReversed().join(', ')
}

/** Node writes `DNS:localhost, IP Address:0:0:0:0:0:0:0:1`, and quotes what holds a comma. */
export function alternativeNames(text: string): readonly string[] {
  const found = text.matchAll(/(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)
  return [...found].map(([, kind, value = '']) => (kind === 'DNS' ? value : parseName(value).value))
}
