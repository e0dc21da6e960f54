import {
  newIdentity,
  parseIdentities,
  recipientOf,
  type AgeIdentity,
  type AgeRecipient,
} from '../../bundles/age/age-keys.ts'
import type { Db } from '../../db/tables.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { createOwnSecret } from './own-secret.ts'

export type EncryptionKeys = ReturnType<typeof createEncryptionKeys>

/** The identity that opens volumes which were encrypted for this registry; made when first needed. */
export function createEncryptionKeys({ db, secretBox }: { db: Db; secretBox: SecretBox }) {
  const own = createOwnSecret<AgeIdentity>({
    ...{ db, secretBox, name: 'bundles/age-identity', make: newIdentity },
    parse: (text) => parseIdentities(text)[0],
  })

  return {
    /** What sources encrypt for. */
    recipient: async (): Promise<AgeRecipient> => recipientOf(await own()),

    /** What opens a bundle here: what somebody gave for it, and what this registry has. */
    async identities(given: string | undefined): Promise<readonly AgeIdentity[]> {
      return [...(given === undefined ? [] : parseIdentities(given)), await own()]
    },
  }
}
