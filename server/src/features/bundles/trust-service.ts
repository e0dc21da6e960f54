import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleSignature } from '../../bundles/bundle.ts'
import { parsePublicKey, publicKeyFile, type PublicKey } from '../../bundles/minisign.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { fingerprintOf, type SigningKeys } from './signing-key-service.ts'
import { trustStore, type AnchorRow } from './trust-store.ts'

export type BundleTrust = ReturnType<typeof createBundleTrust>

export interface Anchor {
  readonly keyId: string
  readonly name: string
  readonly publicKey: string
  readonly fingerprint: string
  readonly addedAt: Instant
  readonly addedBy: string | null
}

/** Whose bundles and receipts this registry takes: keys that people compared and added, and its own. */
export function createBundleTrust({
  db,
  clock,
  signing,
}: {
  db: Db
  clock: Clock
  signing: SigningKeys
}) {
  const store = trustStore(db)

  return {
    async own() {
      const { publicKey } = await signing.own()
      return describe(publicKey)
    },

    list: async (): Promise<readonly Anchor[]> => (await store.list()).map(anchorOf),

    /** Every key that a signature may be of: bundles that went out may come back. */
    async keys(): Promise<readonly PublicKey[]> {
      const rows = await store.list()
      const own = await signing.own()
      return [own.publicKey, ...rows.map((row) => parsePublicKey(row.public_key))]
    },

    /** Who a key belongs to, as far as it is trusted. */
    async signerOf(keyId: string): Promise<{ name: string; key: PublicKey } | undefined> {
      const own = await signing.own()
      if (own.publicKey.keyId === keyId) return { name: 'this registry', key: own.publicKey }
      const row = await store.find(keyId)
      return row && { name: row.name, key: parsePublicKey(row.public_key) }
    },

    /** Keys may be removed while a bundle comes in. @throws BundleFault `key-unknown` */
    async requireStillTrusted(signature: BundleSignature): Promise<void> {
      if (signature.kind !== 'trusted') return
      if ((await this.signerOf(signature.keyId)) === undefined) {
        throw new BundleFault('key-unknown', `${signature.keyId} was removed meanwhile.`)
      }
    },

    /** @throws BundleFault `key-invalid`; Problem `rule-violated` when it is there already. */
    async add(name: string, text: string, by: string | null): Promise<Anchor> {
      const key = parsePublicKey(text)
      const row: AnchorRow = {
        ...{ key_id: key.keyId, name, public_key: key.text, added_by: by },
        added_at: clock.now(),
      }
      if (!(await store.insert(row))) {
        throw new Problem('rule-violated', { message: `The key ${key.keyId} is trusted already.` })
      }
      return anchorOf(row)
    },

    /** @throws Problem `not-found` */
    async remove(keyId: string): Promise<void> {
      if (!(await store.remove(keyId))) throw new Problem('not-found')
    },
  }
}

function describe(key: PublicKey) {
  return { keyId: key.keyId, publicKey: publicKeyFile(key), fingerprint: fingerprintOf(key) }
}

function anchorOf(row: AnchorRow): Anchor {
  const key = parsePublicKey(row.public_key)
  return { ...describe(key), name: row.name, addedAt: row.added_at, addedBy: row.added_by }
}
