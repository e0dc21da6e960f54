import { certificatesIn, describeCertificate, renewalTime } from '@mooring/certs'
import { X509Certificate } from 'node:crypto'
import type { Instant } from '../../platform/clock.ts'

export type RenewalReason = 'due' | 'name-missing'

const dayMs = 86_400_000

export interface RenewalQuestion {
  readonly certificatePem: string
  readonly authorityPem: string
  readonly now: Instant
  /** The name of the configuration, which a certificate of ours has to carry. */
  readonly serverName: string
  /** Instead of after two thirds of its life. */
  readonly beforeEndMs?: number | undefined
  readonly lifeDays: number
}

/** Whether our own authority should issue the certificate again; not for one of somebody else's. */
export function renewalReason(question: RenewalQuestion): RenewalReason | undefined {
  const { certificatePem, authorityPem, now, serverName } = question
  if (!isIssuedBy(certificatePem, authorityPem)) return undefined
  const { names, notAfter } = describeCertificate(certificatePem)
  if (!covers(names, serverName)) return 'name-missing'
  if (now < renewalDue(question)) return undefined
  // Where the authority ends, a new certificate would last no longer than this one.
  const authorityEnd = describeCertificate(authorityPem).notAfter
  const wouldEnd = Math.min(now + question.lifeDays * dayMs, authorityEnd)
  return wouldEnd >= notAfter + dayMs ? 'due' : undefined
}

/** When that will be. */
export function renewalDue({
  certificatePem,
  beforeEndMs,
}: Pick<RenewalQuestion, 'certificatePem' | 'beforeEndMs'>): Instant {
  if (beforeEndMs === undefined) return renewalTime(certificatePem)
  const { notBefore, notAfter } = describeCertificate(certificatePem)
  // A certificate that lives for less than this would be renewed all the time.
  return Math.max(notAfter - beforeEndMs, notBefore + (notAfter - notBefore) / 2)
}

export function isIssuedBy(certificatePem: string, authorityPem: string): boolean {
  const [leafPem = ''] = certificatesIn(certificatePem)
  const [issuerPem = ''] = certificatesIn(authorityPem)
  const [leaf, issuer] = [new X509Certificate(leafPem), new X509Certificate(issuerPem)]
  if (leaf.issuer !== issuer.subject) return false
  try {
    return leaf.verify(issuer.publicKey)
  } catch {
    return false
  }
}

/** Wildcards stand for one label. */
export function covers(names: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase()
  if (names.includes(wanted)) return true
  const dot = wanted.indexOf('.')
  return dot > 0 && !/^[\d.]+$|:/.test(wanted) && names.includes(`*${wanted.slice(dot)}`)
}
