import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { PresentedCertificate } from './shell.ts'

/**
 * Which certificates one server may show: its own by fingerprint, or any that its CA signed. The CA is
 * known whole, or by its fingerprint where the server sends it along.
 */
export interface CertificatePin {
  /** SHA-256 of whole certificates, upper case with colons. */
  readonly fingerprints: readonly string[]
  /** PEM. */
  readonly authorities: readonly string[]
}

const longestChain = 8

/**
 * Accepts what was pinned and refuses everything else, whatever the system's own trust store says.
 * A pinned fingerprint is the server itself under any name. A certificate of a pinned CA has to be
 * valid now and name the host, because a company's CA signs for other hosts too.
 */
export function isPinned(
  { hostname, chain }: PresentedCertificate,
  { fingerprints, authorities }: CertificatePin,
  now: number,
): boolean {
  const presented = chain.slice(0, longestChain).map(parseCertificate)
  const [own] = presented
  if (own === undefined) return false
  if (fingerprints.includes(own.fingerprint256)) return true
  if (!isValidAt(own, now) || !namesHost(own, hostname)) return false
  const sent = presented.slice(1).flatMap((one) => one ?? [])
  const trusted = [
    ...authorities.flatMap((pem) => parseCertificate(pem) ?? []),
    ...sent.filter(({ fingerprint256 }) => fingerprints.includes(fingerprint256)),
  ]
  return leadsTo(trusted, own, sent, now)
}

function leadsTo(
  trusted: readonly X509Certificate[],
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  now: number,
): boolean {
  const isSignedBy = (issuer: X509Certificate) =>
    issuer.ca &&
    isValidAt(issuer, now) &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey)
  if (trusted.some(isSignedBy)) return true
  const next = between.find(isSignedBy)
  if (next === undefined) return false
  return leadsTo(
    trusted,
    next,
    between.filter((one) => one !== next),
    now,
  )
}

function isValidAt(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime()
}

function namesHost(certificate: X509Certificate, hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0
    ? certificate.checkHost(host) !== undefined
    : certificate.checkIP(host) !== undefined
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
