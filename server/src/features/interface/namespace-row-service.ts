import { setImmediate as otherWork } from 'node:timers/promises'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { AccessService, EffectiveTeamRole } from '../access/access-service.ts'
import { accountListStore } from '../accounts/account-list-store.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { quotaStore } from '../quota/quota-store.ts'
import { pageOf, shortList, type ListPage, type ListSource, type ListWish } from './list-page.ts'
import {
  namespaceRowStore,
  type ListedNamespace,
  type NamespaceCounts,
  type NamespaceFilter,
} from './namespace-row-store.ts'
import { naturalKey } from './natural-key.ts'

export type NamespaceRows = ReturnType<typeof createNamespaceRows>

export const namespaceColumns = [
  'name',
  'kind',
  'repositories',
  'members',
  'robots',
  'size',
] as const
export type NamespaceColumn = (typeof namespaceColumns)[number]

export interface NamespaceWish extends ListWish<NamespaceColumn> {
  readonly search?: string | undefined
  readonly kind?: 'organization' | 'user' | undefined
}

type SortableNamespace = ListedNamespace & Partial<NamespaceCounts> & { readonly size?: number }

export interface NamespaceRow extends ListedNamespace, NamespaceCounts {
  readonly role: EffectiveTeamRole
  readonly lastModified: Instant | null
}

const organizationsAtMost = 5_000
/** Repositories that are looked through for the dates of one page. */
const datedAtMost = 5_000
const nothing: NamespaceCounts = { repositories: 0, teams: 0, members: 0, robots: 0 }

/** The namespaces that somebody may know of, with what there is in each. */
export function createNamespaceRows({
  db,
  clock,
  access,
  pageTokens,
  config,
}: {
  db: Db
  clock: Clock
  access: AccessService
  pageTokens: PageTokens
  config: Pick<Config, 'publicNamespaces'>
}) {
  const store = namespaceRowStore(db)

  const seesAll = (principal: UserPrincipal) =>
    access.isSuperUser(principal) || access.isGlobalReader(principal)

  /** The own namespace, the organizations of one's teams, and those that are shown to everybody. */
  async function knownTo({ id }: UserPrincipal): Promise<number[]> {
    const known = new Set([id])
    for (const one of await accountListStore(db).organizationsOf(id, organizationsAtMost)) {
      known.add(one.id)
    }
    for (const name of config.publicNamespaces) {
      const account = await accountStore(db).find(name)
      if (account?.robot === 0) known.add(account.id)
    }
    return [...known]
  }

  const sourceOf = (filter: NamespaceFilter): ListSource<SortableNamespace, NamespaceColumn> => ({
    list: 'namespaces',
    sort: 'name',
    order: { repositories: 'desc', members: 'desc', robots: 'desc', size: 'desc' },
    columns: namespaceColumns,
    count: (most) => store.count(filter, most),
    all: async (sort) => withKeys(await store.all(filter, shortList), sort),
    keyOf: (row, column) => {
      if (column === 'name') return naturalKey(row.username)
      if (column === 'kind') return row.organization
      return row[column] ?? 0
    },
    idOf: ({ username }) => username,
    long: {
      sort: 'name',
      sortable: ['name'],
      page: ({ order, after, offset, limit }) =>
        store.pageByName(filter, {
          ...{ order, offset, limit },
          after: after === undefined ? undefined : String(after.id),
        }),
    },
  })

  async function withKeys(
    rows: readonly ListedNamespace[],
    sort: NamespaceColumn,
  ): Promise<readonly SortableNamespace[]> {
    const ids = rows.map(({ id }) => id)
    if (sort === 'name' || sort === 'kind') return rows
    if (sort === 'size') {
      const counters = await quotaStore(db).list('quotanamespacesize', ids)
      const sizes = new Map(counters.map((row) => [row.id, row.size_bytes]))
      return rows.map((row) => ({ ...row, size: sizes.get(row.id) ?? 0 }))
    }
    const counts = await store.counts(ids)
    return rows.map((row) => ({ ...row, ...counts.get(row.id) }))
  }

  /** Of small namespaces first, as far as the looking through goes. */
  async function datesOf(rows: readonly (ListedNamespace & NamespaceCounts)[]) {
    const dates = new Map<number, Instant | null>()
    let left = datedAtMost
    for (const { id, repositories } of rows.toSorted((a, b) => a.repositories - b.repositories)) {
      if (repositories === 0) continue
      left -= repositories
      if (left < 0) break
      dates.set(id, await store.lastModified(id, clock.now()))
      await otherWork()
    }
    return dates
  }

  return {
    seesAll,

    async list(
      principal: UserPrincipal,
      wish: NamespaceWish,
    ): Promise<ListPage<NamespaceRow, NamespaceColumn>> {
      const among = seesAll(principal) ? undefined : await knownTo(principal)
      const part = (wish.search ?? '').trim().toLowerCase()
      const source = sourceOf({ among, part, kind: wish.kind })
      const { rows, about } = await pageOf(source, wish, pageTokens)
      const counts = await store.counts(rows.map(({ id }) => id))
      const counted = rows.map((row) => ({ ...row, ...(counts.get(row.id) ?? nothing) }))
      const dates = await datesOf(counted)
      const described: NamespaceRow[] = []
      for (const row of counted) {
        described.push({
          ...row,
          role: await roleOf(principal, row),
          lastModified: dates.get(row.id) ?? null,
        })
      }
      return { rows: described, about }
    },
  }

  async function roleOf(
    principal: UserPrincipal,
    namespace: Pick<AccountRow, 'id' | 'organization'>,
  ): Promise<EffectiveTeamRole> {
    return access.hasFullAccess(principal) ? 'admin' : access.teamRoleIn(principal, namespace)
  }
}
