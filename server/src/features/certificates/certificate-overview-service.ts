import { certificatesIn, describeCertificate, type CertificateFinding } from '@mooring/certs'
import { readExtraAuthorities, type ExtraAuthorityFile } from '../outgoing/extra-authorities.ts'
import type { Authority, AuthorityStore } from './authority-store.ts'
import { isWritable } from './certificate-files.ts'
import type {
  CertificatePolicy,
  CertificateService,
  SigningRequestView,
} from './certificate-service.ts'
import type { CertificateEntry, Rollover } from './certificate-state.ts'
import type { CertificateStore } from './certificate-store.ts'
import type { FailingClient, HandshakeFailures } from './handshake-failures.ts'
import { covers, isIssuedBy, renewalDue } from './renewal.ts'

export interface CertificateOverview {
  readonly server?: {
    readonly pem: string
    readonly findings: readonly CertificateFinding[]
    readonly uncovered: readonly string[]
    readonly renewsAt: number | null
  }
  readonly authority?: Authority & { readonly issuedServer: boolean }
  readonly rollover: Rollover | null
  readonly request: SigningRequestView | undefined
  readonly history: readonly CertificateEntry[]
  readonly currentId: string | null
  readonly trusted: readonly ExtraAuthorityFile[]
  readonly refusing: readonly FailingClient[]
  readonly readOnly: boolean
}

export type CertificateOverviewService = ReturnType<typeof createCertificateOverview>

/** Everything that an administrator wants to know at a glance. */
export function createCertificateOverview({
  store,
  authorities,
  certificates,
  failures,
  policy,
  hostNames,
}: {
  store: CertificateStore
  authorities: AuthorityStore
  certificates: CertificateService
  failures: HandshakeFailures
  policy: CertificatePolicy
  /** Names and addresses of this machine. */
  hostNames: () => readonly string[]
}) {
  return {
    async read(): Promise<CertificateOverview> {
      const [pair, found, state, request, history, trusted, writable] = await Promise.all([
        store.current(),
        authorities.find(),
        store.readState(),
        certificates.findRequest(),
        certificates.history(),
        readExtraAuthorities(store.configDir),
        isWritable(store.configDir),
      ])
      const issuedServer =
        pair !== undefined &&
        found !== undefined &&
        isIssuedBy(pair.certificatePem, found.certificatePem)
      const renewsHere = issuedServer && found.keyPlace === 'here' && writable
      const names = pair === undefined ? [] : describeCertificate(pair.certificatePem).names
      return {
        ...(pair !== undefined && {
          server: {
            pem: certificatesIn(pair.certificatePem).join(''),
            findings: certificates.findings(pair),
            uncovered: hostNames().filter((name) => !covers(names, name)),
            renewsAt: renewsHere
              ? renewalDue({
                  certificatePem: pair.certificatePem,
                  beforeEndMs: policy.beforeEndMs,
                })
              : null,
          },
        }),
        ...(found !== undefined && { authority: { ...found, issuedServer } }),
        ...{ rollover: state.rollover, request, history, currentId: state.current, trusted },
        refusing: failures.list(),
        readOnly: !writable,
      }
    },
  }
}
