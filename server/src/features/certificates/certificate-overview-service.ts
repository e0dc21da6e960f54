import {
  certificatesIn,
  describeCertificate,
  type CertificateError,
  type CertificateFinding,
  type KeyedCertificate,
} from '@mooring/certs'
import type { Clock, Instant } from '../../platform/clock.ts'
import { readExtraAuthorities, type ExtraAuthorityFile } from '../outgoing/extra-authorities.ts'
import type { Authority, AuthorityStore } from './authority-store.ts'
import type { CertificateFault } from './certificate-codes.ts'
import { isWritable } from './certificate-files.ts'
import type {
  CertificatePolicy,
  CertificateService,
  SigningRequestView,
} from './certificate-service.ts'
import type { CertificateEntry, Rollover } from './certificate-state.ts'
import type { CertificateStore } from './certificate-store.ts'
import type { PassphraseStore, StoredPassphrase } from './passphrase-store.ts'
import { covers, isIssuedBy } from './renewal.ts'
import { renewalOutlook } from './renewal-outlook.ts'
import type { RefusingClient, TlsClients } from './tls-clients.ts'

export interface CertificateOverview {
  readonly server?: {
    readonly pem: string
    readonly findings: readonly CertificateFinding[]
    readonly state: ServerCertificateState
    readonly uncovered: readonly string[]
    readonly renewsAt: number | null
    /** Why it is not renewed by itself, or was not when it was tried. */
    readonly renewalProblem?: CertificateFault | CertificateError
  }
  readonly authority?: Authority & {
    readonly issuedServer: boolean
    readonly passphrase: StoredPassphrase['kind']
  }
  readonly rollover: (Rollover & { readonly clients: ClientCount }) | null
  readonly request: SigningRequestView | undefined
  readonly history: readonly (CertificateEntry & { readonly canRollBack: boolean })[]
  readonly currentId: string | null
  readonly trusted: readonly ExtraAuthorityFile[]
  readonly clients: ClientCount
  readonly refusing: readonly RefusingClient[]
  readonly hostNames: readonly string[]
  readonly readOnly: boolean
}

export type ServerCertificateState =
  'valid' | 'expires-soon' | 'expired' | 'name-missing' | 'untrusted' | 'unfit'

type ClientCount = ReturnType<TlsClients['count']>

export type CertificateOverviewService = ReturnType<typeof createCertificateOverview>

/** Everything that an administrator wants to know at a glance. */
export function createCertificateOverview({
  store,
  authorities,
  certificates,
  passphrases,
  clients,
  policy,
  hostNames,
  refusal,
  clock,
}: {
  store: CertificateStore
  authorities: AuthorityStore
  certificates: CertificateService
  passphrases: PassphraseStore
  clients: TlsClients
  policy: CertificatePolicy
  /** Names and addresses of this machine. */
  hostNames: () => readonly string[]
  /** Of the latest attempt to renew. */
  refusal: () => CertificateFault | CertificateError | undefined
  clock: Clock
}) {
  return {
    async read(): Promise<CertificateOverview> {
      const { configDir } = store
      const [pair, found, state, request, history, trusted, passphrase, writable] =
        await Promise.all([
          store.current(),
          authorities.find(),
          store.readState(),
          certificates.findRequest(),
          certificates.history(),
          readExtraAuthorities(configDir),
          passphrases.read(),
          isWritable(configDir),
        ])
      const names = hostNames()
      return {
        ...(pair !== undefined && {
          server: serverView({
            pair,
            authority: found,
            passphrase: passphrase.kind,
            writable,
            names,
          }),
        }),
        ...(found !== undefined && {
          authority: {
            ...found,
            passphrase: passphrase.kind,
            issuedServer:
              pair !== undefined && isIssuedBy(pair.certificatePem, found.certificatePem),
          },
        }),
        rollover: state.rollover && {
          ...state.rollover,
          clients: clients.count(state.rollover.startedAt),
        },
        history: history.map((entry) => ({
          ...entry,
          canRollBack: entry.id !== state.current && isValid(entry, clock.now()),
        })),
        ...{ request, currentId: state.current, trusted },
        ...{ clients: clients.count(), refusing: clients.refusing() },
        ...{ hostNames: names, readOnly: !writable },
      }
    },
  }

  function serverView({
    pair,
    names,
    ...around
  }: {
    readonly pair: KeyedCertificate
    readonly authority: Authority | undefined
    readonly passphrase: StoredPassphrase['kind']
    readonly writable: boolean
    readonly names: readonly string[]
  }): NonNullable<CertificateOverview['server']> {
    const { certificatePem } = pair
    const carried = describeCertificate(certificatePem).names
    const findings = certificates.findings(pair)
    const { configDir } = store
    const outlook = renewalOutlook({ certificatePem, ...around, configDir, policy })
    const renewalProblem = outlook.obstacle ?? refusal()
    return {
      pem: certificatesIn(certificatePem).join(''),
      findings,
      state: stateOf(findings),
      uncovered: names.filter((name) => !covers(carried, name)),
      renewsAt: outlook.renewsAt,
      ...(renewalProblem !== undefined && { renewalProblem }),
    }
  }
}

/** The worst that is found, in one word. */
function stateOf(findings: readonly CertificateFinding[]): ServerCertificateState {
  const has = (...problems: readonly CertificateFinding['problem'][]) =>
    findings.some(({ problem }) => problems.includes(problem))
  if (has('expired', 'authority-expired')) return 'expired'
  if (has('name-missing')) return 'name-missing'
  if (has('untrusted', 'chain-broken', 'chain-incomplete', 'issuer-not-authority')) {
    return 'untrusted'
  }
  if (findings.some(({ severity }) => severity === 'error')) return 'unfit'
  return has('expires-soon') ? 'expires-soon' : 'valid'
}

function isValid({ pair }: CertificateEntry, now: Instant): boolean {
  const { notBefore, notAfter } = describeCertificate(pair.certificatePem)
  return notBefore <= now && now < notAfter
}
