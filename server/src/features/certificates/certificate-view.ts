import {
  certificateProblemText,
  describeCertificate,
  type CertificateFinding,
} from '@mooring/certs'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { CertificateOverview } from './certificate-overview-service.ts'
import type { SigningRequestView } from './certificate-service.ts'
import type { CertificateEntry, Rollover } from './certificate-state.ts'

/** How certificates look on the wire. */
export function presentCertificate(pem: string) {
  const one = describeCertificate(pem)
  return {
    ...{ subject: one.subject, issuer: one.issuer, names: [...one.names] },
    not_before: wireDate(one.notBefore),
    not_after: wireDate(one.notAfter),
    fingerprint: one.sha256Fingerprint,
    ...{ serial: one.serial, key_type: one.keyType, is_authority: one.isAuthority },
  }
}

export function presentFinding({ problem, code, severity, parameters }: CertificateFinding) {
  const { text, nextStep } = certificateProblemText(problem, parameters)
  return { code, severity, parameters: { ...parameters }, text, next_step: nextStep }
}

export function presentEntry(entry: CertificateEntry, current: string | null) {
  const { id, createdAt, source, by, pair } = entry
  return {
    ...{ id, created: wireDate(createdAt), source, by, current: id === current },
    certificate: presentCertificate(pair.certificatePem),
  }
}

export function presentRequest({ createdAt, by, names, requestPem }: SigningRequestView) {
  return { created: wireDate(createdAt), by, names: [...names], request: requestPem }
}

export function presentRollover({ phase, startedAt, startedBy, crossSigned }: Rollover) {
  return { phase, started: wireDate(startedAt), by: startedBy, cross_signed: crossSigned }
}

export function presentOverview(overview: CertificateOverview) {
  const { server, authority, rollover, request, history, currentId } = overview
  return {
    server:
      server === undefined
        ? null
        : {
            certificate: presentCertificate(server.pem),
            pem: server.pem,
            findings: server.findings.map(presentFinding),
            uncovered: [...server.uncovered],
            renews: wireDateOrNull(server.renewsAt),
          },
    authority:
      authority === undefined
        ? null
        : {
            certificate: presentCertificate(authority.certificatePem),
            name: authority.name,
            key: authority.keyPlace,
            issued_server: authority.issuedServer,
          },
    rollover: rollover && presentRollover(rollover),
    request: request === undefined ? null : presentRequest(request),
    history: history.map((entry) => presentEntry(entry, currentId)),
    trusted: overview.trusted.map(({ file, problem, certificates }) => ({
      file,
      problem: problem ?? null,
      certificates: certificates.map(presentCertificate),
    })),
    refusing: overview.refusing.map(({ address, count, lastAt }) => ({
      address,
      count,
      last: wireDate(lastAt),
    })),
    read_only: overview.readOnly,
  }
}
