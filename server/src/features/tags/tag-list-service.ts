import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import { tagHistoryStore, type TagEntry, type TagQuery } from './tag-history-store.ts'

export type TagListService = ReturnType<typeof createTagListService>

export interface TagFilter {
  readonly onlyActive: boolean
  readonly specificTag?: string | undefined
  /** `like:TEXT` or `eq:NAME`. */
  readonly nameFilter?: string | undefined
  readonly page?: number | undefined
  readonly limit?: number | undefined
}

export interface ListedTag extends TagEntry {
  /** Of an index. */
  readonly children?: readonly { readonly digest: string; readonly isPresent: boolean }[]
}

const usualLimit = 50
const largestLimit = 100
/** Deeper pages are empty: an offset costs as much as what it leaves out. */
const deepestOffset = 1_000_000
/**
 * How many entries a search for a part of a name looks at, newest first. What many names have is found
 * among few, so that it is tried with few.
 */
const searched = [2_000, 100_000]
/** Of one index; none that people make has nearly as many. */
const childrenAtMost = 500

/** The tags of a repository with their history, as far as the time machine reaches. */
export function createTagListService({ db, clock }: { db: Db; clock: Clock }) {
  const history = tagHistoryStore(db)

  /** @returns at most `limit` entries */
  async function find(query: TagQuery, partOfName: string | undefined): Promise<TagEntry[]> {
    if (partOfName === undefined) return history.list(query)
    let found: TagEntry[] = []
    for (const among of searched) {
      found = await history.list({ ...query, part: { text: partOfName, among } })
      if (found.length === query.limit) break
    }
    return found
  }

  async function withChildren(entries: readonly TagEntry[]): Promise<ListedTag[]> {
    const childrenOf = new Map<number, ListedTag['children']>()
    for (const { manifest_id, media_type } of entries) {
      if (!isIndexMediaType(media_type) || childrenOf.has(manifest_id)) continue
      childrenOf.set(manifest_id, await history.listChildren(manifest_id, childrenAtMost))
    }
    return entries.map((entry) => {
      const children = childrenOf.get(entry.manifest_id)
      return { ...entry, ...(children && { children }) }
    })
  }

  return {
    /** @throws Problem `rule-violated` for a filter that is none */
    async list(repositoryId: number, windowMs: number, filter: TagFilter) {
      const page = Math.max(filter.page ?? 1, 1)
      const limit = Math.min(Math.max(filter.limit ?? usualLimit, 1), largestLimit)
      const names = parseNameFilter(filter)
      const offset = (page - 1) * limit
      if (names === 'none' || offset > deepestOffset) return { tags: [], page, hasMore: false }
      const now = clock.now()
      const { partOfName, ...exact } = names
      const query = {
        ...{ ...exact, repositoryId, now, offset },
        cutoff: now - windowMs,
        // Without a window nothing that ended is shown.
        onlyActive: filter.onlyActive || windowMs === 0,
        limit: limit + 1,
      }
      const found = await find(query, partOfName)
      const tags = await withChildren(found.slice(0, limit))
      return { tags, page, hasMore: found.length > limit }
    },
  }
}

const badFilter =
  "Unsupported syntax for filter_tag_name. Expected <operation>:<tag_name> where <operation>can be 'like' or 'eq'."

/** `none` when the two filters contradict each other. */
function parseNameFilter({ specificTag, nameFilter }: TagFilter) {
  const specific = specificTag === undefined || specificTag === '' ? undefined : specificTag
  const colon = nameFilter?.indexOf(':') ?? -1
  if (nameFilter !== undefined && nameFilter !== '' && colon < 0) {
    throw new Problem('rule-violated', { message: badFilter })
  }
  const operation = nameFilter?.slice(0, Math.max(colon, 0))
  const text = nameFilter?.slice(colon + 1) ?? ''
  const wanted = operation === 'eq' ? text : undefined
  if (specific !== undefined && wanted !== undefined && specific !== wanted) return 'none'
  const name = specific ?? wanted
  return {
    ...(name !== undefined && { name }),
    ...(operation === 'like' && text !== '' && { partOfName: text }),
  }
}
