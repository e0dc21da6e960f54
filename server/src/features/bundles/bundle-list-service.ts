import { openBundle } from '../../bundles/open-bundle.ts'
import type { Db } from '../../db/tables.ts'
import { bundleStore, type BundleDirection, type BundlePosition } from './bundle-store.ts'
import type { BundlePlaces } from './bundle-places.ts'
import { ledgerStore } from './ledger-store.ts'

export type BundleList = ReturnType<typeof createBundleList>

/** The bundles that are known, where some lie, and the ledger. */
export function createBundleList({ db, places }: { db: Db; places: BundlePlaces }) {
  return {
    page: (
      direction: BundleDirection | undefined,
      after: BundlePosition | undefined,
      limit: number,
    ) => bundleStore(db).page(direction, after, limit),

    ledger: (before: number | undefined, limit: number) => ledgerStore(db).page(before, limit),

    async places() {
      const found = await places.list()
      return Promise.all(
        found.map(async (place) => ({
          ...place,
          bundles: await Promise.all(
            place.bundles.map(async (one) => ({ path: one, id: await idOf(one) })),
          ),
        })),
      )
    },
  }
}

/** Null for what looks like a bundle and cannot be opened as one. */
async function idOf(path: string): Promise<string | null> {
  try {
    await using bundle = await openBundle([path])
    return bundle.description.id
  } catch {
    return null
  }
}
