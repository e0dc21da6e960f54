import {
  certificateProblemText,
  checkServerCertificate,
  describeCertificate,
  type CertificateFinding,
} from '@mooring/certs'
import type { TestLine } from '../contract/setup.ts'
import { fine, type Outcome, type Probe, type ProbeContext } from './probe.ts'

export interface CertificateToProbe {
  readonly certificate: string
  readonly chain: readonly string[]
  readonly keyPem: string
  readonly names: readonly string[]
  /** Authorities that clients trust, PEM; absent: nobody knows. */
  readonly trust?: readonly string[]
}

/** Everything that clients would hold against a certificate, a line for each. */
export async function* probeCertificate(
  { certificate, chain, keyPem, names, trust }: CertificateToProbe,
  { clock, signal }: ProbeContext,
): Probe {
  if (signal.aborted) return 'failed'
  const begun = clock.now()
  const findings = checkServerCertificate({
    ...{ certificate, chain, keyPem, names, now: begun },
    ...(trust !== undefined && { trust }),
  })
  const milliseconds = Math.max(0, Math.round(clock.now() - begun))
  for (const finding of findings) {
    yield { ...lineOf(finding), milliseconds }
  }
  if (findings.length === 0) {
    const { notAfter, sha256Fingerprint } = describeCertificate(certificate)
    const until = new Date(notAfter).toISOString()
    const text = `The certificate covers every name and is valid until ${until}`
    yield { id: 'certificate', ...fine(text, { until, sha256Fingerprint }), milliseconds }
  }
  if (findings.some(({ severity }) => severity === 'error')) return 'failed'
  return findings.length > 0 ? 'warning' : 'ok'
}

function lineOf(found: CertificateFinding): Omit<TestLine, 'milliseconds' | 'state'> & Outcome {
  const { problem, parameters, severity } = found
  const { code, text, nextStep } = certificateProblemText(problem, parameters)
  const about = parameters['name'] ?? parameters['subject'] ?? parameters['issuer'] ?? ''
  const sentence = text.replace(/\.$/, '')
  const finding = { code, text: sentence, next: nextStep.replace(/\.$/, ''), facts: parameters }
  return {
    id: `certificate:${problem}${about === '' ? '' : `:${about}`}`,
    state: severity === 'error' ? 'failed' : 'warning',
    text: sentence,
    finding,
  }
}
