import {
  CertificateError,
  checkKeyMatches,
  describeCertificate,
  encryptKey,
  readKey,
  renewAuthority,
} from '@mooring/certs'
import type { Clock } from '../../platform/clock.ts'
import type { AuthorityStore } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import type { By, CertificateService } from './certificate-service.ts'
import type { CertificateChange, CertificateStore } from './certificate-store.ts'
import type { PassphraseStore } from './passphrase-store.ts'

export type AuthorityService = ReturnType<typeof createAuthorityService>

export const shortestPassphrase = 12

/** The authority of this server: its key and its renewal. */
export function createAuthorityService({
  store,
  authorities,
  certificates,
  passphrases,
  clock,
}: {
  store: CertificateStore
  authorities: AuthorityStore
  certificates: CertificateService
  passphrases: PassphraseStore
  clock: Clock
}) {
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
        await record('certificate_authority_key_exported', who, { authority: wishes.confirm })
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
        await passphrases.forget()
        await authorities.removeKey()
        await record('certificate_authority_taken_offline', who, { authority: wishes.confirm })
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
        const { certificatePem, description } = await authorities.requireConfirmed(wishes.confirm)
        const keyPem = await readKey(wishes.key, wishes.passphrase)
        if (!checkKeyMatches(certificatePem, keyPem)) {
          throw new CertificateError('key-mismatch', { subject: description.subject })
        }
        await passphrases.forget()
        await authorities.removeKey()
        await record('certificate_authority_taken_offline', who, { authority: wishes.confirm })
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
        const keyPem = await readKey(key, passphrase)
        // Of the key that was here: kept for another one, it would promise a renewal that fails.
        await passphrases.forget()
        await authorities.storeKey(keyPem, newPassphrase)
        await record('certificate_authority_key_stored', who, {
          encrypted: newPassphrase !== undefined,
        })
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
        if (confirm !== undefined) await authorities.requireConfirmed(confirm)
        if (newPassphrase !== undefined) checkPassphrase(newPassphrase)
        const { keyPem } = await authorities.open(state, passphrase)
        await passphrases.forget()
        await authorities.storeKey(keyPem, newPassphrase)
        await record('certificate_authority_key_stored', who, {
          encrypted: newPassphrase !== undefined,
        })
      }),

    /** From here on the certificate is renewed without anybody typing the passphrase. */
    storePassphrase: (passphrase: string, who: By): Promise<void> =>
      store.change(async ({ state }) => {
        const { keyPlace, name } = await authorities.require()
        if (keyPlace === 'here')
          throw new CertificateFault('key-not-encrypted', { authority: name })
        await authorities.open(state, passphrase)
        await passphrases.store(passphrase)
        await record('certificate_authority_passphrase_stored', who, {})
      }),

    /** From here on it has to be typed for every certificate. */
    forgetPassphrase: (who: By): Promise<void> =>
      store.change(async () => {
        await passphrases.forget()
        await record('certificate_authority_passphrase_forgotten', who, {})
      }),

    /** A new certificate for the same key; what it issued stays valid with either. */
    renew: (
      wishes: { readonly years?: number | undefined; readonly passphrase?: string | undefined },
      who: By,
    ): Promise<void> =>
      store.change(async ({ state }) => {
        if (state.rollover !== null) {
          throw new CertificateFault('rollover-under-way', { phase: state.rollover.phase })
        }
        const { years, passphrase } = wishes
        const authority = await renewAuthority({
          authority: await authorities.open(state, passphrase),
          now: clock.now(),
          ...(years !== undefined && { years }),
        })
        await authorities.storeCertificate(authority.certificatePem)
        await record('certificate_authority_renewed', who, {
          sha256_fingerprint: describeCertificate(authority.certificatePem).sha256Fingerprint,
        })
      }),
  }

  async function exportKey(
    { state }: CertificateChange,
    wishes: {
      readonly confirm: string
      readonly newPassphrase: string
      readonly passphrase?: string | undefined
    },
  ) {
    const { certificatePem } = await authorities.requireConfirmed(wishes.confirm)
    checkPassphrase(wishes.newPassphrase)
    const { keyPem } = await authorities.open(state, wishes.passphrase)
    return { keyPem: await encryptKey(keyPem, wishes.newPassphrase), certificatePem }
  }
}

function checkPassphrase(passphrase: string): void {
  if (passphrase.length < shortestPassphrase) {
    throw new CertificateFault('passphrase-short', { least: shortestPassphrase })
  }
}
