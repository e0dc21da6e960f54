import {
  certificateProblemText,
  describeCertificate,
  type CertificateError,
  type CertificateFinding,
} from '@mooring/certs'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { ExtraAuthorityFile } from '../outgoing/extra-authorities.ts'
import type { CertificateFault } from './certificate-codes.ts'
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

export function presentProblem({ code, message, nextStep }: CertificateFault | CertificateError) {
  return { code, text: message, next_step: nextStep }
}

export function presentTrusted({ file, problem, certificates }: ExtraAuthorityFile) {
  return { file, problem: problem ?? null, certificates: certificates.map(presentCertificate) }
}

export function presentOverview(overview: CertificateOverview) {
  const { server, authority, rollover, request, history, currentId, clients } = overview
  return {
    server:
      server === undefined
        ? null
        : {
            certificate: presentCertificate(server.pem),
            pem: server.pem,
            findings: server.findings.map(presentFinding),
            state: server.state,
            uncovered: [...server.uncovered],
            renews: wireDateOrNull(server.renewsAt),
            renewal_problem:
              server.renewalProblem === undefined ? null : presentProblem(server.renewalProblem),
          },
    authority:
      authority === undefined
        ? null
        : {
            certificate: presentCertificate(authority.certificatePem),
            name: authority.name,
            key: authority.keyPlace,
            passphrase: authority.passphrase,
            issued_server: authority.issuedServer,
          },
    rollover: rollover && { ...presentRollover(rollover), clients: { ...rollover.clients } },
    request: request === undefined ? null : presentRequest(request),
    history: history.map((entry) => ({
      ...presentEntry(entry, currentId),
      can_roll_back: entry.canRollBack,
    })),
    trusted: overview.trusted.map(presentTrusted),
    clients: { ...clients, refusing: overview.refusing.length },
    refusing: overview.refusing.map(({ address, name, count, lastAt, acceptedAt }) => ({
      ...{ address, name: name ?? null, count },
      last: wireDate(lastAt),
      accepted: wireDateOrNull(acceptedAt ?? null),
    })),
    host_names: [...overview.hostNames],
    read_only: overview.readOnly,
  }
}
