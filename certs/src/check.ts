import type { CertificateProblem, ProblemParameters } from './certificate-problems.ts'

export interface CertificateToCheck {
  /** PEM. */
  readonly certificate: string
  /** What is sent behind it, one PEM each, in the order it is sent. */
  readonly chain: readonly string[]
  /** PEM, unencrypted; not looked at when absent. */
  readonly keyPem?: string
  /** Every host name and address that clients use. */
  readonly names: readonly string[]
  readonly now: number
  /** Authorities that clients trust, one PEM each; trust is not looked at when absent. */
  readonly trust?: readonly string[]
  /** Default 30. */
  readonly expiresSoonDays?: number
}

export interface CertificateFinding {
  readonly problem: CertificateProblem
  /** `MOOR-TLS-…` */
  readonly code: string
  /** Clients refuse an error; a warning will be one, or is one for some. */
  readonly severity: 'error' | 'warning'
  readonly parameters: ProblemParameters
}

/**
 * Everything that clients would hold against a server certificate; none when it is good. The
 * wording of a finding is `certificateProblemText(problem, parameters)`.
 * @throws CertificateError `certificate-unreadable`, `key-unreadable`
 */
export function checkServerCertificate(_input: CertificateToCheck): readonly CertificateFinding[] {
  throw new Error('not built yet')
}
