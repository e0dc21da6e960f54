import {
  CertificateError,
  certificatesIn,
  createAuthority,
  crossSign,
  describeCertificate,
  encryptKey,
  readKey,
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

export type RolloverService = ReturnType<typeof createRolloverService>

/** How another authority takes the place of the one in use, step by step. */
export function createRolloverService({
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
    /** First step: the successor is made and given out beside the authority in use. */
    start: (wishes: RolloverWishes, who: By): Promise<Rollover> =>
      store.change(async (change) => {
        if (change.state.rollover !== null) {
          throw new CertificateFault('rollover-under-way', { phase: change.state.rollover.phase })
        }
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
        await record('certificate_authority_rollover_started', who, {
          sha256_fingerprint: sha256Fingerprint,
        })
        return rollover
      }),

    /** Second step: the successor signs; who knows the old one alone is served its certificate. */
    switch: (
      wishes: { readonly confirm?: string | undefined; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (wishes.confirm !== undefined) await authorities.requireConfirmed(wishes.confirm)
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
        const entry = await reissue(change, authority, next, who)
        await record('certificate_authority_rollover_switched', who, {
          authority: nameOf(describeCertificate(successor.certificatePem)),
        })
        return entry
      }),

    /** Last step: the old authority is given out no more, and what it signed is not sent. */
    finish: (
      wishes: { readonly confirm: string; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<CertificateEntry> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (rollover?.phase !== 'switched') {
          throw new CertificateFault('rollover-missing', { phase: rollover?.phase ?? 'none' })
        }
        const { name } = await authorities.requireConfirmed(wishes.confirm)
        const authority = await authorities.open(
          { ...change.state, rollover: null },
          wishes.passphrase,
        )
        const entry = await reissue(change, authority, { rollover: null }, who)
        await record('certificate_authority_rollover_finished', who, { authority: name })
        return entry
      }),

    /** Back to the authority in use, while it still signs. */
    cancel: (who: By): Promise<void> =>
      store.change(async (change) => {
        const { rollover } = change.state
        if (rollover?.phase !== 'distributing') {
          throw new CertificateFault('rollover-missing', { phase: rollover?.phase ?? 'none' })
        }
        await change.commit({ rollover: null })
        await record('certificate_authority_rollover_cancelled', who, {})
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
    return certificates.activate(change, pair, 'renewed', who, { state: next })
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

/** Two authorities of one name would be hard to tell apart for programs and people. */
function successorName(name: string, now: number): string {
  const bare = name.replace(/ \d{4}-\d{2}-\d{2}(?: \d{6})?$/, '').slice(0, 40)
  const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/)
  const dated = `${bare} ${date}`
  return dated === name ? `${dated} ${time.replaceAll(':', '')}` : dated
}
