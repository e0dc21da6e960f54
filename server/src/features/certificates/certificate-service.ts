import {
  checkServerCertificate,
  certificatesIn,
  createSigningRequest,
  describeCertificate,
  issueServerCertificate,
  readCertificateBundle,
  certificateProblemText,
  type CertificateBundle,
  type CertificateFinding,
  type KeyedCertificate,
  type KeyType,
} from '@mooring/certs'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Logger } from '../../platform/logger.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import { tokenKeys } from '../audit/identity-keys.ts'
import type { AuthorityStore } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import { keyMode, readOptional, removeDurably } from './certificate-files.ts'
import {
  parsePendingRequest,
  type CertificateEntry,
  type PendingRequest,
} from './certificate-state.ts'
import type { CertificateChange, CertificateStore } from './certificate-store.ts'
import type { CertificateKind, ChangeJournal } from './change-journal.ts'
import type { PassphraseStore } from './passphrase-store.ts'
import { covers, renewalReason, type RenewalReason } from './renewal.ts'

/** Who changes something, as the history and the log name them. */
export interface By {
  readonly by: string
  readonly address?: string | undefined
  /** Absent for the command line, the setup, and what the server does by itself. */
  readonly principal?: UserPrincipal | undefined
}

export interface IssueWishes {
  /** Instead of those that the certificate has. */
  readonly names?: readonly string[] | undefined
  readonly keepKey?: boolean | undefined
  readonly keyType?: KeyType | undefined
  readonly days?: number | undefined
  /** Of the authority's key. */
  readonly passphrase?: string | undefined
}

export interface ReplaceWishes {
  /** Files as they are: PEM, DER, PKCS#7 or PKCS#12, in any order. */
  readonly inputs: readonly Uint8Array[]
  readonly passphrase?: string | undefined
  /** Take it although clients would refuse it. */
  readonly force?: boolean | undefined
}

export interface CertificatePolicy {
  /** What clients type, without its port. */
  readonly serverName: string
  readonly lifeDays: number
  /** Instead of after two thirds of its life. */
  readonly beforeEndMs?: number | undefined
}

/** Without its key. */
export type SigningRequestView = Omit<PendingRequest, 'keyPem'>

export type CertificateService = ReturnType<typeof createCertificateService>

/** The server's own certificate: issued here, renewed, replaced, signed elsewhere, taken back. */
export function createCertificateService({
  store,
  authorities,
  passphrases,
  journal,
  policy,
  clock,
  log,
}: {
  store: CertificateStore
  authorities: AuthorityStore
  passphrases: PassphraseStore
  journal: Pick<ChangeJournal, 'note'>
  policy: CertificatePolicy
  clock: Clock
  log: Logger
}) {
  const { paths } = store
  store.onSwapped(({ id, pair }) =>
    record(kindOf.imported, { by: 'found in place' }, { ...factsOf(id, pair), source: 'files' }),
  )

  return {
    /** Issues it again, with the names it has or others. */
    renew: (wishes: IssueWishes, who: By): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const current = await currentOf(change)
        if (current === undefined && wishes.names === undefined) {
          throw new CertificateFault('certificate-none')
        }
        if (wishes.names !== undefined && !covers(wishes.names, policy.serverName)) {
          throw new CertificateFault('name-required', { name: policy.serverName })
        }
        const pair = await issue(change, current?.pair, wishes)
        if (current === undefined) return activate(change, pair, 'issued', who)
        const before = namesOf(current.pair) ?? []
        const isRenamed = !isSameSet(before, namesOf(pair) ?? [])
        const more = isRenamed
          ? { kind: 'certificate_names_changed' as const, metadata: { old_names: before } }
          : {}
        return activate(change, pair, 'renewed', who, more)
      }),

    /** What the server does by itself, whenever it looks. @returns why, when it did something. */
    async renewIfDue(): Promise<RenewalReason | undefined> {
      const served = await store.current()
      const authority = await authorities.find()
      if (served === undefined || authority === undefined) return undefined
      const { certificatePem } = served
      const reason = renewalReason({
        ...{ certificatePem, authorityPem: authority.certificatePem, now: clock.now() },
        ...policy,
      })
      if (reason === undefined) return undefined
      const { names } = describeCertificate(certificatePem)
      const wanted = reason === 'due' ? names : [policy.serverName, ...names]
      await store.change(async (change) => {
        const current = await currentOf(change)
        // Another process may have been faster.
        if (current?.pair.certificatePem !== certificatePem) return
        const passphrase = await storedPassphrase()
        const pair = await issue(change, current.pair, { names: wanted, passphrase })
        await activate(change, pair, 'renewed', { by: 'renewal' })
      })
      return reason
    },

    /** What clients would hold against a certificate, before it is taken. */
    async examine({ inputs, passphrase }: ReplaceWishes) {
      const bundle = await readCertificateBundle(inputs, passphrase)
      return { bundle, findings: findingsOf(bundle.leaf, bundle.chain) }
    },

    replace: (wishes: ReplaceWishes, who: By): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { leaf, chain, keyPem } = await readCertificateBundle(
          wishes.inputs,
          wishes.passphrase,
        )
        if (keyPem === undefined) throw new CertificateFault('key-missing')
        if (wishes.force !== true) refuseErrors(findingsOf(leaf, chain))
        const pair = { certificatePem: [leaf, ...chain].join(''), keyPem }
        return activate(change, pair, 'imported', who)
      }),

    /** One request waits at a time; another one takes its place. */
    createRequest: (
      wishes: {
        readonly names?: readonly string[] | undefined
        readonly organization?: string | undefined
        readonly country?: string | undefined
        readonly keyType?: KeyType | undefined
      },
      who: By,
    ): Promise<SigningRequestView> =>
      store.change(async (change) => {
        const { organization, country, keyType } = wishes
        const current = await currentOf(change)
        const names = wishes.names ?? namesOf(current?.pair) ?? [policy.serverName]
        const { requestPem, keyPem } = await createSigningRequest({
          names,
          ...(organization !== undefined && { organization }),
          ...(country !== undefined && { country }),
          ...(keyType !== undefined && { keyType }),
        })
        const about = { createdAt: clock.now(), by: who.by, names: [...names] }
        const pending: PendingRequest = { ...about, requestPem, keyPem }
        await writeFileDurably(paths.request, `${JSON.stringify(pending)}\n`, keyMode)
        await record('certificate_request_created', who, { names })
        return { requestPem, ...about }
      }),

    async findRequest(): Promise<SigningRequestView | undefined> {
      const pending = await readPending()
      if (pending === undefined) return undefined
      const { createdAt, by, names, requestPem } = pending
      return { createdAt, by, names, requestPem }
    },

    completeRequest: (wishes: ReplaceWishes, who: By): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { keyPem } = await requirePending()
        const signed = await readCertificateBundle(wishes.inputs, wishes.passphrase)
        const { leaf, chain } = await withKey(signed, keyPem)
        if (wishes.force !== true) refuseErrors(findingsOf(leaf, chain))
        const pair = { certificatePem: [leaf, ...chain].join(''), keyPem }
        const entry = await activate(change, pair, 'signed', who)
        await removeDurably(paths.request)
        return entry
      }),

    discardRequest: (who: By): Promise<void> =>
      store.change(async () => {
        await requirePending()
        await removeDurably(paths.request)
        await record('certificate_request_discarded', who, {})
      }),

    /** Serves an earlier pair again; without an id, the one before the current one. */
    rollBack: (id: string | undefined, who: By): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const now = clock.now()
        const current = await currentOf(change)
        const earlier = (await store.listEntries()).filter(({ pair, ...entry }) => {
          const { notBefore, notAfter } = describeCertificate(pair.certificatePem)
          const isOther = pair.certificatePem !== current?.pair.certificatePem
          return isOther && entry.id !== current?.id && notBefore <= now && now < notAfter
        })
        const wanted = id === undefined ? earlier[0] : earlier.find((entry) => entry.id === id)
        if (wanted === undefined) throw new CertificateFault('earlier-unknown')
        return activate(change, wanted.pair, 'rolled-back', who)
      }),

    history: () => store.listEntries(),

    findings: ({ certificatePem, keyPem }: KeyedCertificate): readonly CertificateFinding[] => {
      const [leaf = '', ...chain] = certificatesIn(certificatePem)
      return findingsOf(leaf, chain, keyPem)
    },

    /** For the other services that issue. */
    issue,
    activate,
    record,
  }

  /** For renewal alone: people type it whenever they have something issued. */
  async function storedPassphrase(): Promise<string | undefined> {
    const { keyPlace, name } = await authorities.require()
    if (keyPlace !== 'encrypted') return undefined
    const stored = await passphrases.read()
    if (stored.kind === 'unreadable') {
      throw new CertificateFault('passphrase-unreadable', { authority: name })
    }
    return stored.kind === 'stored' ? stored.passphrase : undefined
  }

  async function currentOf({ state }: CertificateChange): Promise<CertificateEntry | undefined> {
    return state.current === null ? undefined : store.readEntry(state.current)
  }

  async function issue(
    { state }: Pick<CertificateChange, 'state'>,
    current: KeyedCertificate | undefined,
    wishes: IssueWishes,
    authority?: KeyedCertificate,
  ): Promise<KeyedCertificate> {
    const { keepKey, keyType, passphrase } = wishes
    return issueServerCertificate({
      authority: authority ?? (await authorities.open(state, passphrase)),
      names: [...new Set(wishes.names ?? namesOf(current) ?? [])],
      now: clock.now(),
      lifeDays: wishes.days ?? policy.lifeDays,
      ...(keyType !== undefined && { keyType }),
      ...(keepKey === true && current !== undefined && { keyPem: current.keyPem }),
    })
  }

  async function activate(
    change: CertificateChange,
    pair: KeyedCertificate,
    source: Exclude<CertificateEntry['source'], 'adopted'>,
    who: By,
    more: {
      readonly state?: Parameters<CertificateChange['commit']>[0]
      /** Instead of what the source says. */
      readonly kind?: CertificateKind
      readonly metadata?: Readonly<Record<string, unknown>>
    } = {},
  ): Promise<CertificateEntry> {
    const { state = {}, kind = kindOf[source], metadata = {} } = more
    const id = await change.add(pair, { source, by: who.by })
    await change.commit({ ...state, current: id })
    await record(kind, who, { ...factsOf(id, pair), ...metadata })
    return { id, createdAt: clock.now(), source, by: who.by, pair }
  }

  /** Into the log of the process and, through the journal, into the action log. */
  async function record(
    kind: CertificateKind,
    { by, address, principal }: By,
    metadata: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    log.info({ audit: kind, performer: by, ip: address, metadata }, 'certificates changed')
    const performer = principal === undefined ? { performer: by } : tokenKeys(principal)
    await journal.note({
      ...{ kind, by, performerId: principal?.id ?? null, address: address ?? null },
      metadata: { ...metadata, ...performer },
    })
  }

  async function readPending(): Promise<PendingRequest | undefined> {
    return parsePendingRequest((await readOptional(paths.request)) ?? '')
  }

  async function requirePending(): Promise<PendingRequest> {
    const pending = await readPending()
    if (pending === undefined) throw new CertificateFault('request-missing')
    return pending
  }

  function findingsOf(leaf: string, chain: readonly string[], keyPem?: string) {
    const found = checkServerCertificate({
      ...{ certificate: leaf, chain, names: [policy.serverName], now: clock.now() },
      ...(keyPem !== undefined && { keyPem }),
    })
    // Roots are often left out of a chain: whether clients have it is not known here.
    return found.map((finding) =>
      finding.problem === 'chain-incomplete'
        ? { ...finding, severity: 'warning' as const }
        : finding,
    )
  }
}

function factsOf(id: string, { certificatePem }: KeyedCertificate) {
  const { names, notAfter, sha256Fingerprint } = describeCertificate(certificatePem)
  const expiration = new Date(notAfter).toISOString()
  return {
    ...{ certificate_id: id, names, sha256_fingerprint: sha256Fingerprint },
    expiration_date: expiration,
  }
}

const kindOf = {
  issued: 'certificate_issued',
  renewed: 'certificate_renewed',
  imported: 'certificate_imported',
  signed: 'certificate_signed',
  'rolled-back': 'certificate_rolled_back',
} as const

function refuseErrors(findings: readonly CertificateFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const reasons = errors.map(({ problem, parameters }) => {
    const { code, text } = certificateProblemText(problem, parameters)
    return `${text} (${code})`
  })
  throw new CertificateFault('certificate-refused', { reasons: reasons.join(' ') })
}

/** An authority sends its chain in any order; the key tells which certificate is meant. */
async function withKey({ leaf, chain, extras }: CertificateBundle, keyPem: string) {
  try {
    return await readCertificateBundle([
      Buffer.from([leaf, ...chain, ...extras, keyPem].join('\n')),
    ])
  } catch (error) {
    throw new CertificateFault('request-key-differs', {}, { cause: error })
  }
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).size === new Set(others).size && some.every((name) => others.includes(name))
}

function namesOf(pair: KeyedCertificate | undefined): readonly string[] | undefined {
  return pair === undefined ? undefined : describeCertificate(pair.certificatePem).names
}
