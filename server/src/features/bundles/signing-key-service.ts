import { createHash } from 'node:crypto'
import { z } from 'zod'

import { secretKeyOf, type PublicKey, type SecretKey } from '../../bundles/minisign.ts'
import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { createOwnSecret } from './own-secret.ts'

const Opened = z.object({ seed: z.string(), keyId: z.string() })

export type SigningKeys = ReturnType<typeof createSigningKeys>

/** The key with which this registry signs its bundles and receipts; made when it is first needed. */
export function createSigningKeys({
  db,
  random,
  secretBox,
}: {
  db: Db
  random: Random
  secretBox: SecretBox
}) {
  return {
    own: createOwnSecret<SecretKey>({
      ...{ db, secretBox, name: 'bundles/signing-key' },
      make: () => {
        const seed = random.bytes(32).toString('base64')
        const keyId = random.bytes(8).toString('base64')
        return JSON.stringify({ seed, keyId })
      },
      parse: (text) => {
        const { seed, keyId } = Opened.parse(JSON.parse(text))
        return secretKeyOf(Buffer.from(seed, 'base64'), Buffer.from(keyId, 'base64'))
      },
    }),
  }
}

/** What two people compare over the telephone: groups of the digest of the key. */
export function fingerprintOf(key: Pick<PublicKey, 'text'>): string {
  const hex = createHash('sha256').update(Buffer.from(key.text, 'base64')).digest('hex')
  return (hex.slice(0, 40).match(/.{4}/g) ?? []).join(' ')
}
