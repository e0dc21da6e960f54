import type { Db } from '../../db/tables.ts'
import type { Sight } from '../access/access-service.ts'
import { catalogStore } from '../repositories/catalog-store.ts'

/**
 * The full names of what somebody sees, in the order of their bytes. Each part follows an index and is
 * read no further than the page reaches.
 */
export async function visibleNames(
  db: Db,
  { accountId, publicOnes }: Sight,
  ownNamespace: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const store = catalogStore(db)
  const found = new Set<string>(publicOnes ? await store.listPublic(after, limit) : [])
  if (accountId !== undefined) {
    for (const name of await store.listGranted(accountId, after, limit)) found.add(name)
    const namespaces = [ownNamespace, ...(await store.administeredOrganizations(accountId))]
    for (const namespace of namespaces) {
      for (const name of await store.listNamespace(namespace, after, limit)) found.add(name)
    }
  }
  // Names are ASCII: the order of their letters is that of their bytes.
  return [...found].sort().slice(0, limit)
}
