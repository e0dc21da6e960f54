import type { FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Principal } from '../accounts/principal.ts'
import { catalogStore } from './catalog-store.ts'

export interface CatalogRules {
  readonly features: Pick<
    FeatureConfig,
    'publicCatalog' | 'anonymousAccess' | 'superusersFullAccess'
  >
}

/** Full names in lexical order, after `after`: what `principal` has a grant on, and what is public. */
export async function listCatalog(
  { db, config }: { db: Db; config: CatalogRules },
  principal: Principal,
  after: string,
  limit: number,
): Promise<string[]> {
  const store = catalogStore(db)
  const { publicCatalog, anonymousAccess, superusersFullAccess } = config.features

  if (principal.kind === 'anonymous') {
    return publicCatalog && anonymousAccess ? store.listPublic(after, limit) : []
  }
  if (
    principal.kind === 'user' &&
    (principal.isGlobalReadonly || (principal.isSuperUser && superusersFullAccess))
  ) {
    return store.listAll(after, limit)
  }
  const parts = [
    await store.listGranted(principal.id, after, limit),
    await ofNamespaces(await namespacesOf(principal)),
    publicCatalog ? await store.listPublic(after, limit) : [],
  ]
  return [...new Set(parts.flat())].sort(byBytes).slice(0, limit)

  async function namespacesOf(owner: { kind: 'user' | 'robot'; id: number; username: string }) {
    const administered = await store.administeredOrganizations(owner.id)
    return owner.kind === 'user' ? [owner.username, ...administered] : administered
  }

  /** One namespace after the other, and no further than the page reaches. */
  async function ofNamespaces(namespaces: readonly string[]) {
    const found: string[] = []
    for (const namespace of [...namespaces].sort((a, b) => byBytes(`${a}/`, `${b}/`))) {
      if (found.length >= limit) break
      found.push(...(await store.listNamespace(namespace, after, limit - found.length)))
    }
    return found
  }
}

/** Names are ASCII, so UTF-16 order is byte order; `localeCompare` is neither. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
