import type { AgeIdentity } from '../../bundles/age/age-keys.ts'
import { openBundle } from '../../bundles/open-bundle.ts'
import type { Db } from '../../db/tables.ts'
import { bundleStore, type BundleDirection, type BundlePosition } from './bundle-store.ts'
import type { BundlePlaces } from './bundle-places.ts'
import type { EncryptionKeys } from './encryption-key-service.ts'
import { ledgerStore } from './ledger-store.ts'

export type BundleList = ReturnType<typeof createBundleList>

/** The bundles that are known, where some lie, and the ledger. */
export function createBundleList({
  db,
  places,
  encryption,
}: {
  db: Db
  places: BundlePlaces
  encryption: Pick<EncryptionKeys, 'identities'>
}) {
  return {
    page: (
      direction: BundleDirection | undefined,
      after: BundlePosition | undefined,
      limit: number,
    ) => bundleStore(db).page(direction, after, limit),

    ledger: (before: number | undefined, limit: number) => ledgerStore(db).page(before, limit),

    async places() {
      const found = await places.list()
      const identities = await encryption.identities(undefined)
      return Promise.all(
        found.map(async (place) => ({
          ...place,
          bundles: await Promise.all(
            place.bundles.map(async (one) => ({ path: one, id: await idOf(one, identities) })),
          ),
        })),
      )
    },
  }
}

/** Null for what looks like a bundle and cannot be opened as one. */
async function idOf(path: string, identities: readonly AgeIdentity[]): Promise<string | null> {
  try {
    await using bundle = await openBundle([path], { identities })
    return bundle.description.id
  } catch {
    return null
  }
}
