import { z } from 'zod'
import { writeFileDurably } from '../../platform/files.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { CertificateFault } from './certificate-codes.ts'
import { keyMode, readOptional, removeDurably } from './certificate-files.ts'

const Stored = z.object({ sealed: z.string() })

export type StoredPassphrase =
  | { readonly kind: 'none' }
  | { readonly kind: 'stored'; readonly passphrase: string }
  | { readonly kind: 'unreadable' }

export type PassphraseStore = ReturnType<typeof createPassphraseStore>

/** The passphrase of the authority's key, sealed with the key of the server's settings. */
export function createPassphraseStore({
  configDir,
  file,
  secretBox,
}: {
  configDir: string
  file: string
  /** Absent where there are no settings yet. */
  secretBox: SecretBox | undefined
}) {
  return {
    async read(): Promise<StoredPassphrase> {
      const text = await readOptional(file)
      if (text === undefined) return { kind: 'none' }
      try {
        const passphrase = secretBox?.open(Stored.parse(JSON.parse(text)).sealed)
        return passphrase === undefined ? { kind: 'unreadable' } : { kind: 'stored', passphrase }
      } catch {
        return { kind: 'unreadable' }
      }
    },

    async store(passphrase: string): Promise<void> {
      if (secretBox === undefined) {
        throw new CertificateFault('settings-missing', { folder: configDir })
      }
      const sealed = secretBox.seal(passphrase)
      await writeFileDurably(file, `${JSON.stringify({ sealed })}\n`, keyMode)
    },

    forget: () => removeDurably(file),
  }
}
