import {
  authorityBundle,
  checkKeyMatches,
  certificatesIn,
  CertificateError,
  describeCertificate,
  encryptKey,
  isKeyEncrypted,
  readKey,
  type CertificateDescription,
  type KeyedCertificate,
} from '@mooring/certs'
import { writeFileDurably } from '../../platform/files.ts'
import { CertificateFault } from './certificate-codes.ts'
import {
  certificateMode,
  keyMode,
  readOptional,
  removeDurably,
  type CertificatePaths,
} from './certificate-files.ts'
import type { CertificateState } from './certificate-state.ts'

/** Where the key of the authority is: here as it is, here behind a passphrase, or elsewhere. */
export type AuthorityKeyPlace = 'here' | 'encrypted' | 'offline'

export interface Authority {
  readonly certificatePem: string
  readonly description: CertificateDescription
  /** The common name, which people type to confirm. */
  readonly name: string
  readonly keyPlace: AuthorityKeyPlace
}

export type AuthorityStore = ReturnType<typeof createAuthorityStore>

/** `ca.crt` and `ca.key`, and the other authority while one replaces the other. */
export function createAuthorityStore({
  configDir,
  paths,
}: {
  configDir: string
  paths: CertificatePaths
}) {
  async function find(): Promise<Authority | undefined> {
    const certificatePem = await readOptional(paths.authority)
    if (certificatePem === undefined) return undefined
    try {
      const description = describeCertificate(certificatePem)
      const keyPem = await readOptional(paths.authorityKey)
      return {
        ...{ certificatePem, description },
        name: nameOf(description),
        keyPlace: placeOf(certificatePem, keyPem),
      }
    } catch (error) {
      if (error instanceof CertificateError) return undefined
      throw error
    }
  }

  async function require(): Promise<Authority> {
    const authority = await find()
    if (authority === undefined)
      throw new CertificateFault('authority-missing', { folder: configDir })
    return authority
  }

  return {
    find,
    require,

    /** For what should not happen by accident: its name was typed. */
    async requireConfirmed(typed: string): Promise<Authority> {
      const authority = await require()
      if (typed !== authority.name) {
        throw new CertificateFault('confirmation-wrong', { expected: authority.name })
      }
      return authority
    },

    /**
     * The authority with its key, ready to sign. While it is certified by the one before it, that
     * certificate is behind its own, and so goes out with what is issued.
     */
    async open(state: CertificateState, passphrase?: string): Promise<KeyedCertificate> {
      const { certificatePem, keyPlace, name } = await require()
      const stored = await readOptional(paths.authorityKey)
      if (stored === undefined || keyPlace === 'offline') {
        throw new CertificateFault('authority-key-offline', { authority: name })
      }
      const keyPem = await readKey(stored, passphrase)
      const cross =
        state.rollover?.phase === 'switched' ? await readOptional(paths.crossSigned) : undefined
      return { certificatePem: certificatePem + (cross ?? ''), keyPem }
    },

    /** The key as it is stored. */
    storedKey: () => readOptional(paths.authorityKey),

    /** Stores a key, encrypted when a passphrase is given. @throws when it is another one's. */
    async storeKey(keyPem: string, passphrase?: string): Promise<void> {
      const { certificatePem, description } = await require()
      if (!checkKeyMatches(certificatePem, keyPem)) {
        throw new CertificateError('key-mismatch', { subject: description.subject })
      }
      await writeFileDurably(
        paths.authorityKey,
        passphrase === undefined ? keyPem : await encryptKey(keyPem, passphrase),
        keyMode,
      )
    },

    removeKey: () => removeDurably(paths.authorityKey),

    storeCertificate: (certificatePem: string) =>
      writeFileDurably(paths.authority, certificatePem, certificateMode),

    /**
     * What clients have to trust, one PEM text: the authority first, then the one that comes or
     * goes while one replaces the other. With a certificate from elsewhere its own root comes first.
     */
    async distributed(servedPem?: string): Promise<string | undefined> {
      const [own, coming, going] = await Promise.all([
        readOptional(paths.authority),
        readOptional(paths.newAuthority),
        readOptional(paths.oldAuthority),
      ])
      const texts = [own, coming, going].filter((pem) => pem !== undefined)
      try {
        const ours = texts.flatMap(certificatesIn)
        const root = servedPem === undefined ? undefined : rootOf(servedPem)
        const all = root === undefined || ours.includes(root) ? ours : [root, ...ours]
        return all.length === 0 ? undefined : authorityBundle(all)
      } catch (error) {
        if (error instanceof CertificateError) return own
        throw error
      }
    },
  }
}

function placeOf(certificatePem: string, keyPem: string | undefined): AuthorityKeyPlace {
  if (keyPem === undefined) return 'offline'
  if (isKeyEncrypted(keyPem)) return 'encrypted'
  try {
    return checkKeyMatches(certificatePem, keyPem) ? 'here' : 'offline'
  } catch {
    return 'offline'
  }
}

/** The self-signed authority at the end of a served chain. */
function rootOf(servedPem: string): string | undefined {
  const [, ...issuers] = certificatesIn(servedPem)
  return issuers.findLast((pem) => {
    const { isAuthority, isSelfIssued } = describeCertificate(pem)
    return isAuthority && isSelfIssued
  })
}

export function nameOf({ subject }: Pick<CertificateDescription, 'subject'>): string {
  return /(?:^|, )CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1] ?? subject
}
