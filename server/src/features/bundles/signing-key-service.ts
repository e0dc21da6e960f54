import { createHash } from 'node:crypto'
import { z } from 'zod'

import { secretKeyOf, type PublicKey, type SecretKey } from '../../bundles/minisign.ts'
import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'

const name = 'bundles/signing-key'
const Stored = z.object({ sealed: z.string() })
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
  let known: Promise<SecretKey> | undefined

  async function read(on: Db): Promise<SecretKey | undefined> {
    const stored = Stored.safeParse(await applianceStateStore(on).find(name))
    if (!stored.success) return undefined
    const { seed, keyId } = Opened.parse(JSON.parse(secretBox.open(stored.data.sealed)))
    return secretKeyOf(Buffer.from(seed, 'base64'), Buffer.from(keyId, 'base64'))
  }

  async function load(): Promise<SecretKey> {
    const found = await read(db)
    if (found !== undefined) return found
    const seed = random.bytes(32).toString('base64')
    const keyId = random.bytes(8).toString('base64')
    const sealed = secretBox.seal(JSON.stringify({ seed, keyId }))
    // Two who make one at the same time go on with the same.
    await applianceStateStore(db).insertFirst(name, { sealed })
    const made = await read(db)
    if (made === undefined) throw new Error('the key of bundles was not kept')
    return made
  }

  return {
    async own(): Promise<SecretKey> {
      known ??= load()
      try {
        return await known
      } catch (error) {
        known = undefined
        throw error
      }
    },
  }
}

/** What two people compare over the telephone: groups of the digest of the key. */
export function fingerprintOf(key: Pick<PublicKey, 'text'>): string {
  const hex = createHash('sha256').update(Buffer.from(key.text, 'base64')).digest('hex')
  return (hex.slice(0, 40).match(/.{4}/g) ?? []).join(' ')
}
