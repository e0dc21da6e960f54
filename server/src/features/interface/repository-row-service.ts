import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { AccessService, EffectiveRole, Sight } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Principal } from '../accounts/principal.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { quotaStore } from '../quota/quota-store.ts'
import type { RepositoryListService } from '../repositories/repository-list-service.ts'
import type { RepositoryState, Visibility } from '../repositories/repository-store.ts'
import { starStore } from '../repositories/star-store.ts'
import { repositorySearchStore } from '../search/repository-search-store.ts'
import {
  countedRows,
  pageOf,
  shortList,
  type ListPage,
  type ListSource,
  type ListWish,
  type SortKey,
  type Stretch,
} from './list-page.ts'
import { naturalKey } from './natural-key.ts'
import {
  repositoryRowStore,
  type ListedRepository,
  type RepositoryFilter,
} from './repository-row-store.ts'
import { visibleNames } from './visible-names.ts'

export type RepositoryRows = ReturnType<typeof createRepositoryRows>

export const repositoryColumns = [
  'name',
  'last_modified',
  'size',
  'popularity',
  'state',
  'visibility',
] as const
export type RepositoryColumn = (typeof repositoryColumns)[number]

export interface RepositoryWish extends ListWish<RepositoryColumn> {
  readonly search?: string | undefined
  readonly namespace?: string | undefined
  readonly visibility?: Visibility | undefined
  readonly state?: RepositoryState | undefined
  readonly starred?: boolean | undefined
}

/** What a list is sorted by beside the row itself. */
interface SortableRepository extends ListedRepository {
  readonly sizeBytes?: number
}

export interface RepositoryRow extends ListedRepository {
  readonly description: string | null
  readonly role: EffectiveRole
  readonly isStarred: boolean
  readonly lastModified: Instant | null
}

type Source = ListSource<SortableRepository, RepositoryColumn>

/** So many ids or rows are read at once; other work comes in between. */
const stride = 1_000
const starsAtMost = 5_000
const roundsAtMost = 5
/** The index of names holds pieces of three letters. */
const indexedLength = 3

/** The repositories that somebody sees, sorted, filtered and counted. */
export function createRepositoryRows({
  db,
  access,
  accounts,
  lists,
  pageTokens,
}: {
  db: Db
  access: AccessService
  accounts: AccountService
  lists: RepositoryListService
  pageTokens: PageTokens
}) {
  const store = repositoryRowStore(db)

  /** A list that has one of these orders. */
  const basics = {
    sort: 'last_modified' as const,
    order: { last_modified: 'desc', size: 'desc', popularity: 'desc' } as const,
    columns: repositoryColumns,
    keyOf,
    idOf: ({ full_name }: SortableRepository) => full_name,
  }

  /** Sorted in memory: what these ids are, as far as the filters let them through. */
  async function shortSource(
    list: string,
    ids: readonly number[],
    { visibility, state }: RepositoryWish,
    part = '',
  ): Promise<Source> {
    const rows: ListedRepository[] = []
    for await (const some of strides(ids)) rows.push(...(await store.listByIds(some)))
    const shown = rows.filter(
      (row) =>
        (visibility === undefined || row.visibility === visibility) &&
        (state === undefined || row.state === state) &&
        (part === '' || row.full_name.includes(part)),
    )
    return {
      ...basics,
      list,
      count: (most) => Promise.resolve(Math.min(shown.length, most)),
      all: (sort) => withKeys(shown, sort),
    }
  }

  async function withKeys(
    rows: readonly ListedRepository[],
    sort: RepositoryColumn,
  ): Promise<readonly SortableRepository[]> {
    if (sort !== 'size') return rows
    const keyed: SortableRepository[] = []
    for await (const some of strides(rows)) {
      const ids = some.map(({ id }) => id)
      const sizes = new Map(
        (await quotaStore(db).list('quotarepositorysize', ids)).map((row) => [
          row.id,
          row.size_bytes,
        ]),
      )
      for (const row of some) {
        const sizeBytes = sizes.get(row.id)
        keyed.push(sizeBytes === undefined ? row : { ...row, sizeBytes })
      }
    }
    return keyed
  }

  /** Along an index, of full names or of ages; for whoever sees all that the filter leaves. */
  const longSource = (list: string, filter: RepositoryFilter): Source => ({
    ...basics,
    list,
    count: (most) => store.count(filter, most),
    async all(sort) {
      const where = { order: 'asc', after: undefined, offset: 0, limit: shortList } as const
      return withKeys(await store.pageByName(filter, where), sort)
    },
    long: {
      sort: 'last_modified',
      sortable: ['name', 'last_modified'],
      page: ({ column, order, after, offset, limit }) =>
        column === 'last_modified'
          ? store.pageByAge(filter, { order, after, offset, limit })
          : store.pageByName(filter, {
              ...{ order, offset, limit },
              after: after === undefined ? undefined : String(after.id),
            }),
    },
  })

  /** All repositories by age, of which those are left that somebody sees. */
  async function seenByAge(
    sight: Sight,
    filter: RepositoryFilter,
    { order, after, offset, limit }: Omit<Stretch<RepositoryColumn>, 'column'>,
  ): Promise<ListedRepository[]> {
    const found: ListedRepository[] = []
    let from = after
    for (;;) {
      const rows = await store.pageByAge(filter, { order, after: from, offset: 0, limit: stride })
      const seen = await lists.filter(
        sight,
        rows.map(({ id }) => id),
      )
      found.push(...rows.filter(({ id }) => seen.has(id)))
      const last = rows.at(-1)
      if (found.length >= offset + limit || last === undefined || rows.length < stride) break
      from = { key: last.last_modified, id: last.full_name }
      await otherWork()
    }
    return found.slice(offset, offset + limit)
  }

  /** For whoever sees much, but not all: what is theirs and what is public, merged by name. */
  const mergedSource = (list: string, sight: Sight, own: string, wish: RepositoryWish): Source => ({
    ...basics,
    list,
    count: async (most) => (await lists.some(sight, most)).length,
    all: async (sort) => withKeys(await store.listByIds(await lists.some(sight, shortList)), sort),
    long: {
      sort: 'last_modified',
      sortable: ['name', 'last_modified'],
      onlyOrder: { name: 'asc' },
      async page({ column, order, after, offset, limit }) {
        if (column === 'last_modified') {
          const { visibility, state } = wish
          const filter = { namespace: undefined, visibility, state }
          return seenByAge(sight, filter, { order, after, offset, limit })
        }
        const found: ListedRepository[] = []
        let from = after === undefined ? '' : String(after.id)
        const wanted = offset + limit
        if (wish.visibility === undefined) {
          const names = await visibleNames(db, sight, own, { after: from, limit: wanted })
          return store.listByNames(names.slice(offset))
        }
        for (let round = 0; found.length < wanted && round < roundsAtMost; round++) {
          const names = await visibleNames(db, sight, own, { after: from, limit: wanted })
          const rows = await store.listByNames(names)
          found.push(
            ...rows.filter((row) => (wish.visibility ?? row.visibility) === row.visibility),
          )
          from = names.at(-1) ?? from
          if (names.length < wanted) break
          await otherWork()
        }
        return found.slice(offset, wanted)
      },
    },
  })

  /** Which repositories a wish is about; `capped` where there may be more than are looked at. */
  async function sourceFor(principal: Principal, wish: RepositoryWish) {
    const sight = access.sightOf(principal)
    const list = `repositories ${wish.namespace ?? ''}`
    const part = (wish.search ?? '').trim().toLowerCase()
    const { visibility, state } = wish
    const whole = (source: Source) => ({ source, capped: false })
    const some = async (ids: readonly number[], capped = false) => ({
      source: await shortSource(list, ids, wish, part),
      capped,
    })

    if (wish.starred) {
      if (principal.kind === 'anonymous') return some([])
      const ids = await starStore(db).list(principal.id, 0, starsAtMost)
      const rows = await within(wish.namespace, [...(await lists.filter(sight, ids))])
      return some(rows)
    }
    if (wish.namespace !== undefined && wish.namespace !== '') {
      const namespace = await accounts.findNamespace(wish.namespace)
      if (namespace === undefined) return some([])
      const isAdmin = await access.isNamespaceAdmin(principal, namespace)
      const all = sight.everything || (isAdmin && sight.accountId !== undefined)
      if (all && part === '') {
        return whole(longSource(list, { namespace, visibility, state }))
      }
      const where = { after: 0, size: shortList, isAdmin }
      const page = await lists.pageOfNamespace(namespace.id, sight, where)
      if (page.next === undefined || part === '') return some(page.ids, page.next !== undefined)
      const found = await search(sight, part)
      return some(await within(wish.namespace, found.ids), found.capped)
    }
    if (part === '' && (sight.everything || (visibility === 'public' && sight.publicOnes))) {
      return whole(longSource(list, { namespace: undefined, visibility, state }))
    }
    const wide = visibility === 'private' ? { ...sight, publicOnes: false } : sight
    const ids = wide.everything ? undefined : await lists.some(wide, shortList + 1)
    if (ids !== undefined && ids.length <= shortList) return some(ids)
    if (part !== '') {
      const found = await search(wide, part)
      return some(found.ids, found.capped)
    }
    if (state !== undefined || principal.kind !== 'user' || wide.accountId === undefined) {
      if (wide.accountId === undefined && state === undefined) {
        return whole(longSource(list, { namespace: undefined, visibility: 'public', state }))
      }
      return some(await lists.some(wide, countedRows), true)
    }
    return whole(mergedSource(list, wide, principal.username, wish))
  }

  /** Names that begin with the text, and then, through the index, those that contain it. */
  async function search(sight: Sight, part: string) {
    const texts = repositorySearchStore(db)
    const found = new Set<number>()
    let capped = false
    const add = async (candidates: readonly number[]) => {
      for (const id of await lists.filter(sight, candidates)) found.add(id)
    }
    for (const column of ['name', 'full_name'] as const) {
      const starting = await texts.listStartingWith(column, part, stride)
      capped ||= starting.length === stride && part.length < indexedLength
      await add(starting)
      await otherWork()
    }
    let after: number | undefined = part.length < indexedLength ? undefined : 0
    for (let round = 0; after !== undefined; round++) {
      if (round === roundsAtMost) {
        capped = true
        break
      }
      const where = { after, limit: stride }
      const candidates: number[] = await texts.listContaining('full_name', part, where)
      await add(candidates)
      after = candidates.length < stride ? undefined : candidates.at(-1)
      await otherWork()
    }
    return { ids: [...found], capped }
  }

  async function within(namespace: string | undefined, ids: readonly number[]) {
    if (namespace === undefined || namespace === '') return ids
    const rows = await store.listByIds(ids)
    return rows.filter(({ full_name }) => full_name.startsWith(`${namespace}/`)).map(({ id }) => id)
  }

  async function describe(
    principal: Principal,
    rows: readonly ListedRepository[],
  ): Promise<RepositoryRow[]> {
    const ids = rows.map(({ id }) => id)
    const descriptions = await store.descriptions(ids)
    const starred =
      principal.kind === 'anonymous'
        ? new Set<number>()
        : await starStore(db).filter(principal.id, ids)
    const described: RepositoryRow[] = []
    for (const row of rows) {
      described.push({
        ...row,
        description: firstLine(descriptions.get(row.id)),
        role: await access.roleOn(principal, row),
        isStarred: starred.has(row.id),
        lastModified: row.last_modified === 0 ? null : row.last_modified,
      })
    }
    return described
  }

  return {
    async list(
      principal: Principal,
      wish: RepositoryWish,
    ): Promise<ListPage<RepositoryRow, RepositoryColumn>> {
      const { source, capped } = await sourceFor(principal, wish)
      const { rows, about } = await pageOf(source, wish, pageTokens)
      return {
        rows: await describe(principal, rows),
        about: { ...about, total_capped: about.total_capped || capped },
      }
    },
  }
}

function keyOf(row: SortableRepository, column: RepositoryColumn): SortKey {
  switch (column) {
    case 'name':
      return naturalKey(row.full_name)
    case 'last_modified':
      return row.last_modified
    case 'size':
      return row.sizeBytes ?? 0
    case 'popularity':
      return row.popularity
    case 'state':
      return row.state
    case 'visibility':
      return row.visibility
  }
}

/** SQLite answers within the turn of the event loop, so between two strides others get theirs. */
async function* strides<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < all.length; from += stride) {
    if (from > 0) await otherWork()
    yield all.slice(from, from + stride)
  }
}

const longestLine = 200

function firstLine(description: string | undefined): string | null {
  const line = description
    ?.split(/\r?\n/)
    .find((one) => one.trim() !== '')
    ?.trim()
  if (line === undefined) return null
  return line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line
}
