import { randomBytes, X509Certificate } from 'node:crypto'
import type { Extension, Name } from '@peculiar/x509'
import { CertificateError } from './certificate-error.ts'
import { checkKeyMatches, oneLine } from './describe.ts'
import { certificatesIn } from './formats.ts'
import { signingKey } from './keys.ts'
import { readUse, type CertificateUse } from './x509-extensions.ts'
import { loadX509 } from './x509.ts'

export const dayMs = 86_400_000
/** Clients whose clock is behind by less than this still accept a fresh certificate. */
const backdatedMs = dayMs
const longestName = 64

/** A certificate with its private key. `certificatePem` may hold a chain, the own one first. */
export interface KeyedCertificate {
  readonly certificatePem: string
  /** PKCS#8 PEM, unencrypted: store it with mode 0600. */
  readonly keyPem: string
}

export interface ToSign {
  readonly subject: Name
  readonly issuer: Name
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
  /** Of the issuer, PEM. */
  readonly signingKeyPem: string
  readonly notBefore: number
  readonly notAfter: number
  readonly extensions: Extension[]
}

/** @returns one certificate, PEM */
export async function sign(toSign: ToSign): Promise<string> {
  const { subject, issuer, publicKey, signingKeyPem, notBefore, notAfter, extensions } = toSign
  const x509 = await loadX509()
  const { key, hash } = await signingKey(signingKeyPem)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: { name: key.algorithm.name, hash },
    publicKey,
    signingKey: key,
    extensions,
  })
  return new X509Certificate(Buffer.from(certificate.rawData)).toString()
}

/** Positive, 16 octets, the first never zero: DER keeps it at that length (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0)
  return bytes.toString('hex')
}

export interface Subject {
  readonly commonName: string
  readonly organization?: string | undefined
  readonly country?: string | undefined
}

/**
 * Typed, because the library reads quotes and `#` in plain text as syntax.
 * @throws CertificateError `subject-invalid`
 */
export async function subjectName({ commonName, organization, country }: Subject): Promise<Name> {
  const x509 = await loadX509()
  const isCountry = country === undefined || /^[A-Z]{2}$/.test(country)
  if (!isCountry) throw invalid('the country', 'it is two capital letters')
  return new x509.Name([
    ...(country === undefined ? [] : [{ C: [{ printableString: country }] }]),
    ...(organization === undefined
      ? []
      : [{ O: [{ utf8String: readable('the organization', organization) }] }]),
    { CN: [{ utf8String: readable('the common name', commonName) }] },
  ])
}

function readable(field: string, text: string): string {
  if (text.trim() === '') throw invalid(field, 'it is empty')
  if (/\p{Cc}/u.test(text)) throw invalid(field, 'it holds control characters')
  return Array.from(text).slice(0, longestName).join('')
}

function invalid(field: string, reason: string): CertificateError {
  return new CertificateError('subject-invalid', { field, reason })
}

/** An authority made ready to sign. */
export interface Issuer {
  readonly certificate: X509Certificate
  readonly use: CertificateUse
  readonly name: Name
  readonly keyPem: string
  readonly authorityKeyIdentifier: Extension
  /** Its own certificate first. */
  readonly certificates: readonly string[]
}

/** @throws CertificateError `authority-invalid`, `authority-expired`, `authority-not-yet-valid` */
export async function readIssuer(authority: KeyedCertificate, now: number): Promise<Issuer> {
  const certificates = certificatesIn(authority.certificatePem)
  const certificate = new X509Certificate(certificates[0] ?? '')
  const use = readUse(certificate)
  if (!use.isAuthority || use.keyUsage?.has('keyCertSign') === false) {
    throw unusable('the certificate may not sign others')
  }
  if (!checkKeyMatches(authority.certificatePem, authority.keyPem)) {
    throw unusable('key and certificate do not belong together')
  }
  checkDates(certificate, now)
  const x509 = await loadX509()
  const parsed = new x509.X509Certificate(certificate.raw)
  const keyId = parsed.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId
  return {
    certificate,
    use,
    name: parsed.subjectName,
    keyPem: authority.keyPem,
    authorityKeyIdentifier:
      keyId === undefined
        ? await x509.AuthorityKeyIdentifierExtension.create(parsed.publicKey)
        : new x509.AuthorityKeyIdentifierExtension(keyId),
    certificates,
  }
}

function checkDates({ validFromDate, validToDate }: X509Certificate, now: number): void {
  if (validToDate.getTime() <= now) {
    throw new CertificateError('authority-expired', { notAfter: validToDate.toISOString() })
  }
  if (validFromDate.getTime() > now) {
    throw new CertificateError('authority-not-yet-valid', {
      notBefore: validFromDate.toISOString(),
    })
  }
}

export function unusable(reason: string): CertificateError {
  return new CertificateError('authority-invalid', { reason })
}

/** From a day ago until the end wanted, as far as the issuer lives. */
export function validityWithin(issuer: X509Certificate, now: number, until: number) {
  return {
    notBefore: Math.max(now - backdatedMs, issuer.validFromDate.getTime()),
    notAfter: Math.min(until, issuer.validToDate.getTime()),
  }
}

export function authorityName({ subject }: X509Certificate): string {
  return oneLine(subject)
}

export function checkRange(
  value: number,
  { least, most, unit }: { least: number; most: number; unit: string },
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new CertificateError('validity-invalid', { least, most, unit })
}
