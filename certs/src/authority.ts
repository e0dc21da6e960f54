import type { X509Certificate } from 'node:crypto'
import type { Extension } from '@peculiar/x509'
import { CertificateError } from './certificate-error.ts'
import { fingerprint, readCertificate } from './describe.ts'
import { certificatesIn } from './formats.ts'
import { keyOrNew, publicKeyDer, type KeyType } from './keys.ts'
import { nameConstraints, type NameConstraints } from './name-constraints.ts'
import {
  authorityName,
  checkRange,
  dayMs,
  readIssuer,
  sign,
  subjectName,
  unusable,
  validityWithin,
  type KeyedCertificate,
} from './sign.ts'
import { extensionIds, readUse } from './x509-extensions.ts'
import { loadX509 } from './x509.ts'

export interface AuthorityRequest {
  /** Shown by clients as the name of the authority; at most 64 characters are kept. */
  readonly commonName: string
  readonly organization?: string
  /** Two letters, ISO 3166. */
  readonly country?: string
  /** Default `ecdsa-p256`. */
  readonly keyType?: KeyType
  /** 1 to 30, default 10. */
  readonly years?: number
  readonly permitted?: NameConstraints
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Creates a self-signed authority. It allows one authority below it, so that it can sign its
 * successor (`crossSign`).
 * @throws CertificateError `validity-invalid`, `subject-invalid`, `constraint-invalid`
 */
export async function createAuthority(request: AuthorityRequest): Promise<KeyedCertificate> {
  const { keyType = 'ecdsa-p256', permitted = {}, now } = request
  const notAfter = endOfYears(now, request.years)
  const constraints = nameConstraints(permitted)
  const x509 = await loadX509()
  const name = await subjectName(request)
  const keyPem = await keyOrNew(undefined, keyType)
  const publicKey = publicKeyDer(keyPem)
  const certificatePem = await sign({
    subject: name,
    issuer: name,
    publicKey,
    signingKeyPem: keyPem,
    notBefore: now - dayMs,
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      ...(constraints === undefined
        ? []
        : [new x509.Extension(extensionIds.nameConstraints, true, constraints)]),
      await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(publicKey)),
    ],
  })
  return { certificatePem, keyPem }
}

export interface RenewAuthorityRequest {
  readonly authority: KeyedCertificate
  /** 1 to 30, default 10. */
  readonly years?: number
  readonly now: number
}

/**
 * A new certificate for the same name and key, with the same constraints: every certificate it
 * issued before verifies with either.
 * @throws CertificateError `authority-invalid`, `validity-invalid`, `key-unreadable`
 */
export async function renewAuthority(request: RenewAuthorityRequest): Promise<KeyedCertificate> {
  const { authority, now } = request
  const notAfter = endOfYears(now, request.years)
  const old = readCertificate(authority.certificatePem)
  // Its own dates do not matter here: renewing what has ended already is what an administrator
  // with a stopped machine needs.
  const issuer = await readIssuer(authority, old.validFromDate.getTime())
  if (old.subject !== old.issuer) throw unusable('its own issuer has to renew it')
  const certificatePem = await sign({
    subject: issuer.name,
    issuer: issuer.name,
    publicKey: publicKeyDer(authority.keyPem),
    signingKeyPem: authority.keyPem,
    notBefore: now - dayMs,
    notAfter,
    extensions: await keptExtensions(old),
  })
  return { certificatePem, keyPem: authority.keyPem }
}

export interface CrossSignRequest {
  /** Certificate of the new authority, PEM. */
  readonly certificatePem: string
  /** The old authority, which clients trust already. */
  readonly by: KeyedCertificate
  readonly now: number
}

/**
 * The new authority as certified by the old one, until whichever ends first. A server that sends
 * it after its own certificate is accepted by clients that trust the old authority alone: give
 * `issueServerCertificate` the new authority with this certificate behind its own.
 * @returns one certificate, PEM
 * @throws CertificateError `authority-invalid`, `authority-expired`, `path-length` when the old
 *   authority allows none below it; clients then have to be given the new one before the switch
 */
export async function crossSign({ certificatePem, by, now }: CrossSignRequest): Promise<string> {
  const issuer = await readIssuer(by, now)
  const successor = readCertificate(certificatePem)
  const use = readUse(successor)
  if (!use.isAuthority) throw unusable('the new certificate is no authority')
  const allowed = issuer.use.pathLength
  if (allowed === 0) {
    const authority = authorityName(issuer.certificate)
    throw new CertificateError('path-length', { authority, allowed, found: 1 })
  }
  const x509 = await loadX509()
  const parsed = new x509.X509Certificate(successor.raw)
  const below = Math.min(use.pathLength ?? Infinity, (allowed ?? Infinity) - 1)
  const until = successor.validToDate.getTime()
  return sign({
    subject: parsed.subjectName,
    issuer: issuer.name,
    publicKey: successor.publicKey.export({ format: 'der', type: 'spki' }),
    signingKeyPem: issuer.keyPem,
    ...validityWithin(issuer.certificate, now, until),
    extensions: [
      new x509.BasicConstraintsExtension(true, below === Infinity ? undefined : below, true),
      ...(await keptExtensions(successor)).filter(
        ({ type }) => type !== extensionIds.basicConstraints,
      ),
      issuer.authorityKeyIdentifier,
    ],
  })
}

/**
 * One PEM text with every authority in the texts given, each once, in their order.
 * @throws CertificateError `certificate-unreadable`, `authority-invalid`
 */
export function authorityBundle(pems: readonly string[]): string {
  const authorities = new Map(pems.flatMap(certificatesIn).map((pem) => [fingerprint(pem), pem]))
  for (const pem of authorities.values()) {
    if (!readCertificate(pem).ca) throw unusable('one of the certificates is no authority')
  }
  return [...authorities.values()].join('')
}

/** Those that describe the authority itself, not who signed it. */
async function keptExtensions({ raw }: X509Certificate): Promise<Extension[]> {
  const kept: ReadonlySet<string> = new Set([
    extensionIds.basicConstraints,
    extensionIds.keyUsage,
    extensionIds.nameConstraints,
    extensionIds.extendedKeyUsage,
    extensionIds.subjectKeyIdentifier,
  ])
  const x509 = await loadX509()
  return new x509.X509Certificate(raw).extensions.filter(({ type }) => kept.has(type))
}

function endOfYears(now: number, years = 10): number {
  checkRange(years, { least: 1, most: 30, unit: 'years' })
  const end = new Date(now)
  end.setUTCFullYear(end.getUTCFullYear() + years)
  return end.getTime()
}
