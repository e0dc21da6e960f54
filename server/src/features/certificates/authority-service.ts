import {
  certificatesIn,
  checkKeyMatches,
  createAuthority,
  crossSign,
  describeCertificate,
  encryptKey,
  readKey,
  renewAuthority,
  CertificateError,
  type KeyedCertificate,
  type KeyType,
} from '@mooring/certs'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import { nameOf, type AuthorityStore } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import { keyMode, readOptional, writeFolderDurably } from './certificate-files.ts'
import type { By, CertificateService } from './certificate-service.ts'
import type { CertificateEntry, Rollover } from './certificate-state.ts'
import type { CertificateChange, CertificateStore } from './certificate-store.ts'

export interface RolloverWishes {
  readonly commonName?: string | undefined
  readonly keyType?: KeyType | undefined
  readonly years?: number | undefined
  /** Of the key that is in use now; the new one is protected with it too. */
  readonly passphrase?: string | undefined
}

export type AuthorityService = ReturnType<typeof createAuthorityService>

export const shortestPassphrase = 12

/** The authority of this server: its key, its renewal, its successor. */
export function createAuthorityService({
  store,
  authorities,
  certificates,
  clock,
}: {
  store: CertificateStore
  authorities: AuthorityStore
  certificates: CertificateService
  clock: Clock
}) {
  const { paths } = store
  const { record } = certificates

  return {
    /** The key, encrypted with a passphrase of its own. `confirm` is the authority's name. */
    exportKey: (
      wishes: {
        readonly confirm: string
        readonly newPassphrase: string
        readonly passphrase?: string | undefined
      },
      who: By,
    ): Promise<{ readonly keyPem: string; readonly certificatePem: string }> =>
      store.change(async (change) => {
        const exported = await exportKey(change, wishes)
        record('certificate_authority_key_exported', who, {})
        return exported
      }),

    /** Gives the key out, encrypted, and removes it here: nothing is issued until it is back. */
    takeOffline: (
      wishes: {
        readonly confirm: string
        readonly newPassphrase: string
        readonly passphrase?: string | undefined
        /** Called with the encrypted key before it is gone here. */
        readonly kept?: ((keyPem: string) => Promise<void>) | undefined
      },
      who: By,
    ): Promise<{ readonly keyPem: string; readonly certificatePem: string }> =>
      store.change(async (change) => {
        const exported = await exportKey(change, wishes)
        await wishes.kept?.(exported.keyPem)
        await authorities.removeKey()
        record('certificate_authority_taken_offline', who, {})
        return exported
      }),

    /** The same in two calls: whoever shows the exported key may have it removed here. */
    removeKey: (
      wishes: {
        readonly confirm: string
        readonly key: string | Uint8Array
        readonly passphrase?: string | undefined
      },
      who: By,
    ): Promise<void> =>
      store.change(async () => {
        const { certificatePem, description } = await requireConfirmed(wishes.confirm)
        const keyPem = await readKey(wishes.key, wishes.passphrase)
        if (!checkKeyMatches(certificatePem, keyPem)) {
          throw new CertificateError('key-mismatch', { subject: description.subject })
        }
        await authorities.removeKey()
        record('certificate_authority_taken_offline', who, {})
      }),

    /** The other way; with `newPassphrase` it is stored behind that. */
    bringBack: (
      wishes: {
        readonly key: string | Uint8Array
        readonly passphrase?: string | undefined
        readonly newPassphrase?: string | undefined
      },
      who: By,
    ): Promise<void> =>
      store.change(async () => {
        const { key, passphrase, newPassphrase } = wishes
        if (newPassphrase !== undefined) checkPassphrase(newPassphrase)
        await authorities.storeKey(await readKey(key, passphrase), newPassphrase)
        record('certificate_authority_key_stored', who, { encrypted: newPassphrase !== undefined })
      }),

    /** Encrypts the key where it lies, or, without a new passphrase, stores it as it is. */
    protect: (
      wishes: {
        readonly confirm?: string | undefined
        readonly passphrase?: string | undefined
        readonly newPassphrase?: string | undefined
      },
      who: By,
    ): Promise<void> =>
      store.change(async ({ state }) => {
        const { confirm, passphrase, newPassphrase } = wishes
        if (confirm !== undefined) await requireConfirmed(confirm)
        if (newPassphrase !== undefined) checkPassphrase(newPassphrase)
        const { keyPem } = await authorities.open(state, passphrase)
        await authorities.storeKey(keyPem, newPassphrase)
        record('certificate_authority_key_stored', who, { encrypted: newPassphrase !== undefined })
      }),

    /** A new certificate for the same key; what it issued stays valid with either. */
    renew: (
      wishes: { readonly years?: number | undefined; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<void> =>
      store.change(async ({ state }) => {
        requireNoRollover(state.rollover)
        const { years, passphrase } = wishes
        const authority = await renewAuthority({
          authority: await authorities.open(state, passphrase),
          now: clock.now(),
          ...(years !== undefined && { years }),
        })
        await authorities.storeCertificate(authority.certificatePem)
        record('certificate_authority_renewed', who, {
          sha256Fingerprint: describeCertificate(authority.certificatePem).sha256Fingerprint,
        })
      }),

    /** First step: the successor is made and given out beside the authority in use. */
    startRollover: (wishes: RolloverWishes, who: By): Promise<Rollover> =>
      store.change(async (change) => {
        requireNoRollover(change.state.rollover)
        const now = clock.now()
        const { keyPlace, description } = await authorities.require()
        const { passphrase, keyType, years } = wishes
        const old =
          keyPlace === 'offline' ? undefined : await authorities.open(change.state, passphrase)
        const successor = await createAuthority({
          commonName: wishes.commonName ?? successorName(nameOf(description), now),
          now,
          ...(keyType !== undefined && { keyType }),
          ...(years !== undefined && { years }),
        })
        const cross = old === undefined ? undefined : await crossSigned(successor, old, now)
        await writeFolderDurably(paths.rollover, {
          'new.crt': successor.certificatePem,
          'new.key':
            keyPlace === 'encrypted' && passphrase !== undefined
              ? await encryptKey(successor.keyPem, passphrase)
              : successor.keyPem,
          ...(cross !== undefined && { 'cross.crt': cross }),
        })
        const rollover: Rollover = {
          ...{ phase: 'distributing', startedAt: now, startedBy: who.by },
          crossSigned: cross !== undefined,
        }
        await change.commit({ rollover })
        const { sha256Fingerprint } = describeCertificate(successor.certificatePem)
        record('certificate_authority_rollover_started', who, { sha256Fingerprint })
        return rollover
      }),

    /** Second step: the successor signs; who knows the old one alone is served its certificate. */
    switchRollover: (
      wishes: { readonly confirm?: string | undefined; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (wishes.confirm !== undefined) await requireConfirmed(wishes.confirm)
        const successor = await readSuccessor(wishes.passphrase)
        if (rollover?.phase !== 'distributing' || successor === undefined) {
          throw new CertificateFault('rollover-missing', { phase: rollover?.phase ?? 'none' })
        }
        const { certificatePem } = await authorities.require()
        await writeFileDurably(paths.oldAuthority, certificatePem, keyMode)
        const authority = {
          certificatePem: successor.certificatePem + (successor.cross ?? ''),
          keyPem: successor.keyPem,
        }
        const next = { rollover: { ...rollover, phase: 'switched' as const } }
        return reissue(change, authority, next, who)
      }),

    /** Last step: the old authority is given out no more, and what it signed is not sent. */
    finishRollover: (
      wishes: { readonly confirm: string; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (rollover?.phase !== 'switched') {
          throw new CertificateFault('rollover-missing', { phase: rollover?.phase ?? 'none' })
        }
        const { name } = await requireConfirmed(wishes.confirm)
        const authority = await authorities.open(
          { ...change.state, rollover: null },
          wishes.passphrase,
        )
        const entry = await reissue(change, authority, { rollover: null }, who)
        record('certificate_authority_rollover_finished', who, { authority: name })
        return entry
      }),

    /** Back to the authority in use, while it still signs. */
    cancelRollover: (who: By): Promise<void> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (rollover?.phase !== 'distributing') {
          throw new CertificateFault('rollover-missing', { phase: rollover?.phase ?? 'none' })
        }
        await change.commit({ rollover: null })
        record('certificate_authority_rollover_cancelled', who, {})
      }),
  }

  async function reissue(
    change: CertificateChange,
    authority: KeyedCertificate,
    next: { readonly rollover: Rollover | null },
    who: By,
  ): Promise<CertificateEntry> {
    const { current } = change.state
    const entry = current === null ? undefined : await store.readEntry(current)
    if (entry === undefined) throw new CertificateFault('certificate-none')
    const pair = await certificates.issue(change, entry.pair, {}, authority)
    return certificates.activate(change, pair, 'renewed', who, next)
  }

  async function readSuccessor(passphrase: string | undefined) {
    const [certificatePem, storedKey, cross] = await Promise.all([
      readOptional(paths.newAuthority),
      readOptional(paths.newAuthorityKey),
      readOptional(paths.crossSigned),
    ])
    if (certificatePem === undefined || storedKey === undefined) return undefined
    return { certificatePem, cross, keyPem: await readKey(storedKey, passphrase) }
  }

  async function exportKey(
    { state }: CertificateChange,
    wishes: {
      readonly confirm: string
      readonly newPassphrase: string
      readonly passphrase?: string | undefined
    },
  ) {
    const { certificatePem } = await requireConfirmed(wishes.confirm)
    checkPassphrase(wishes.newPassphrase)
    const { keyPem } = await authorities.open(state, wishes.passphrase)
    return { keyPem: await encryptKey(keyPem, wishes.newPassphrase), certificatePem }
  }

  async function requireConfirmed(typed: string) {
    const authority = await authorities.require()
    if (typed !== authority.name) {
      throw new CertificateFault('confirmation-wrong', { expected: authority.name })
    }
    return authority
  }
}

/** Company authorities may allow none below them: then clients need the new one before the switch. */
async function crossSigned(
  { certificatePem }: KeyedCertificate,
  old: KeyedCertificate,
  now: number,
): Promise<string | undefined> {
  try {
    const [own = ''] = certificatesIn(certificatePem)
    return await crossSign({ certificatePem: own, by: old, now })
  } catch (error) {
    if (error instanceof CertificateError && error.problem === 'path-length') return undefined
    throw error
  }
}

function requireNoRollover(rollover: Rollover | null): void {
  if (rollover !== null) throw new CertificateFault('rollover-under-way', { phase: rollover.phase })
}

function checkPassphrase(passphrase: string): void {
  if (passphrase.length < shortestPassphrase) {
    throw new CertificateFault('passphrase-short', { least: shortestPassphrase })
  }
}

/** Two authorities of one name would be hard to tell apart for programs and people. */
function successorName(name: string, now: number): string {
  const bare = name.replace(/ \d{4}-\d{2}-\d{2}(?: \d{6})?$/, '').slice(0, 40)
  const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/)
  const dated = `${bare} ${date}`
  return dated === name ? `${dated} ${time.replaceAll(':', '')}` : dated
}
