import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Sight } from '../access/access-service.ts'
import { mergeBranches, type OrderedList } from './merge-branches.ts'
import { visibleRepositoryStore } from './visible-repository-store.ts'

/** A page of ids, and where the list goes on; absent at its end. */
export interface IdPage {
  readonly ids: readonly number[]
  readonly next?: number
}

/** Repositories of one namespace looked at in one statement, and for one page in all. */
const stride = 2_000
const lookedAtMost = 6_000
/** So many ids are taken out one by one rather than found by walking. */
const fewIds = 1_000

/** The repositories that somebody sees, in the order of their ids. */
export function visibleRepositories(db: Db) {
  const store = visibleRepositoryStore(db)

  /** What somebody sees, as lists of ids that may overlap. */
  async function branchesOf(
    { everything, accountId, publicOnes }: Sight,
    after: number,
    limit: number,
  ): Promise<OrderedList[]> {
    if (everything) {
      return [{ first: after + 1, list: (most) => store.listAll(after, most) }]
    }
    const branches: OrderedList[] = []
    if (accountId !== undefined) {
      for (const { id, first } of await store.listNamespaces(accountId, after, limit)) {
        branches.push({ first, list: (most) => store.listOfNamespace(id, after, most) })
      }
      for (const { id, first } of await store.listTeams(accountId, after, limit)) {
        branches.push({ first, list: (most) => store.listOfTeam(id, after, most) })
      }
      branches.push({
        first: after + 1,
        list: (most) => store.listOfUser(accountId, after, most),
      })
    }
    if (publicOnes) {
      branches.push({ first: after + 1, list: (most) => store.listPublic(after, most) })
    }
    return branches
  }

  /** Any `limit` of what somebody sees after `after`, or all of it when that is less. */
  async function gather(sight: Sight, limit: number, after = 0): Promise<number[]> {
    const found = new Set<number>()
    for (const { list } of await branchesOf(sight, after, limit)) {
      for (const id of await list(limit)) found.add(id)
      if (found.size >= limit) break
    }
    return [...found].slice(0, limit)
  }

  return {
    gather,

    async page(sight: Sight, after: number, size: number): Promise<IdPage> {
      const branches = await branchesOf(sight, after, size + 1)
      return cut(await mergeBranches(branches, size + 1), size)
    },

    /**
     * Within one namespace, of which the caller may administer all. Where neither the grants are few
     * nor the namespace is small, a page may be short and still go on: it never looks at more than so
     * many repositories.
     */
    async pageOfNamespace(
      namespaceId: number,
      sight: Sight,
      { after, size, isAdmin }: { after: number; size: number; isAdmin: boolean },
    ): Promise<IdPage> {
      if (sight.everything || (isAdmin && sight.accountId !== undefined)) {
        return cut(await store.listOfNamespace(namespaceId, after, size + 1), size)
      }
      const few = await gather(sight, fewIds + 1, after)
      if (few.length <= fewIds) return cut(await store.withinNamespace(namespaceId, few), size)
      const found: number[] = []
      let from = after
      for (let looked = 0; looked < lookedAtMost; looked += stride) {
        const { found: more, last } = await store.walkNamespace(namespaceId, sight, {
          after: from,
          ...{ stride, limit: size + 1 - found.length },
        })
        found.push(...more)
        if (found.length > size || last === undefined) return cut(found, size)
        from = last
        // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
        await otherWork()
      }
      return { ids: found, next: from }
    },

    filter: (sight: Sight, among: readonly number[]) => store.filter(sight, among),
  }
}

/** One more than a page was asked for, to know whether there is more. */
function cut(found: readonly number[], size: number): IdPage {
  const ids = found.slice(0, size)
  const last = ids.at(-1)
  return found.length > size && last !== undefined ? { ids, next: last } : { ids }
}
