import { describeCertificate } from '@mooring/certs'
import type { Authority } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import type { CertificatePolicy } from './certificate-service.ts'
import type { StoredPassphrase } from './passphrase-store.ts'
import { isIssuedBy, renewalDue, renewalReason } from './renewal.ts'

export interface RenewalOutlook {
  /** When it is renewed by itself; null when it is not. */
  readonly renewsAt: number | null
  /** Why it is not. */
  readonly obstacle?: CertificateFault
}

/** Whether the certificate that is served will be renewed without anybody's help. */
export function renewalOutlook({
  certificatePem,
  authority,
  passphrase,
  writable,
  configDir,
  policy,
}: {
  readonly certificatePem: string
  readonly authority: Authority | undefined
  readonly passphrase: StoredPassphrase['kind']
  readonly writable: boolean
  readonly configDir: string
  readonly policy: CertificatePolicy
}): RenewalOutlook {
  const { issuer, notAfter } = describeCertificate(certificatePem)
  const end = day(notAfter)
  if (authority === undefined || !isIssuedBy(certificatePem, authority.certificatePem)) {
    return not(new CertificateFault('renewal-foreign', { end, issuer }))
  }
  if (!writable) return not(new CertificateFault('folder-read-only', { folder: configDir }))
  const { name, keyPlace } = authority
  const facts = { end, authority: name }
  if (keyPlace === 'offline') return not(new CertificateFault('renewal-key-offline', facts))
  if (keyPlace === 'encrypted') {
    if (passphrase === 'none') return not(new CertificateFault('renewal-passphrase', facts))
    if (passphrase === 'unreadable') {
      return not(new CertificateFault('passphrase-unreadable', facts))
    }
  }
  const renewsAt = renewalDue({ certificatePem, beforeEndMs: policy.beforeEndMs })
  const question = { certificatePem, authorityPem: authority.certificatePem, ...policy }
  if (renewalReason({ ...question, now: renewsAt }) === undefined) {
    const authorityEnd = day(authority.description.notAfter)
    return not(new CertificateFault('renewal-authority-ends', { ...facts, authorityEnd }))
  }
  return { renewsAt }
}

function not(obstacle: CertificateFault): RenewalOutlook {
  return { renewsAt: null, obstacle }
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}
