import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Sight } from '../access/access-service.ts'
import type { RepositoryListService } from '../repositories/repository-list-service.ts'
import { closeness } from './closeness.ts'
import { repositorySearchStore, type FoundName } from './repository-search-store.ts'

export type RepositorySearchService = ReturnType<typeof createRepositorySearchService>

export interface Found {
  readonly id: number
  /** 0.5 to 1 */
  readonly closeness: number
}

/** So many visible repositories are looked through one by one; beyond, the text index leads. */
const fewIds = 2_000
const candidatesAtOnce = 1_000
const roundsAtMost = 5
const foundAtMost = 1_000
/** The index holds pieces of three letters. */
const indexedLength = 3

/** Finds repositories by a part of their name or description. */
export function createRepositorySearchService({
  db,
  lists,
}: {
  db: Db
  lists: RepositoryListService
}) {
  const store = repositorySearchStore(db)

  /**
   * What begins with the text; what is the caller's own, or public, where that is little; then what
   * the index knows. Each step looks at a bounded number of candidates.
   */
  async function collect(sight: Sight, text: string, wanted: number): Promise<Set<number>> {
    const found = new Set<number>()
    const add = async (candidates: readonly number[]) => {
      const seen = await lists.filter(sight, candidates)
      for (const id of candidates) if (seen.has(id)) found.add(id)
    }
    for (const column of ['name', 'full_name'] as const) {
      await add(await store.listStartingWith(column, text, candidatesAtOnce))
    }
    let isComplete = !sight.everything
    for (const part of sight.everything ? [] : partsOf(sight)) {
      const all = await lists.some(part, fewIds + 1)
      if (all.length > fewIds) isComplete = false
      else await add(await store.containingAmong(all, text))
    }
    if (isComplete || text.length < indexedLength) return found
    for (const column of ['full_name', 'description'] as const) {
      let after: number | undefined = 0
      for (let round = 0; round < roundsAtMost && after !== undefined; round++) {
        if (found.size >= wanted) return found
        const position = { after, limit: candidatesAtOnce }
        const candidates: number[] = await store.listContaining(column, text, position)
        await add(candidates)
        after = candidates.length < candidatesAtOnce ? undefined : candidates.at(-1)
        // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
        await otherWork()
      }
    }
    return found
  }

  return {
    /** The best first, at most `wanted`; without a text, what is used most. */
    async find(sight: Sight, text: string, wanted: number): Promise<Found[]> {
      const limit = Math.min(wanted, foundAtMost)
      const ids =
        text === ''
          ? await lists.some(sight, foundAtMost)
          : [...(await collect(sight, text, limit))]
      const names = await store.listNames(ids)
      return names
        .map((row) => ({ row, closeness: fit(row, text) }))
        .sort(
          (a, b) =>
            b.closeness - a.closeness ||
            b.row.popularity - a.row.popularity ||
            (a.row.full_name < b.row.full_name ? -1 : 1),
        )
        .slice(0, limit)
        .map(({ row, closeness }) => ({ id: row.id, closeness }))
    },
  }
}

/** What somebody has a right to, and what is public, apart: one may be little and the other much. */
function partsOf({ accountId, publicOnes }: Sight): readonly Sight[] {
  return [
    ...(accountId === undefined ? [] : [{ everything: false, publicOnes: false, accountId }]),
    ...(publicOnes ? [{ everything: false, publicOnes }] : []),
  ]
}

function fit({ name, full_name }: FoundName, text: string): number {
  if (text === '') return 1
  return Math.max(closeness(name, text), closeness(full_name, text))
}
