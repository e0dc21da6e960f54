import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import { indexChildren, type IndexChild } from './index-children.ts'
import {
  countedRows,
  pageOf,
  shortList,
  type ListPage,
  type ListSource,
  type ListWish,
  type SortKey,
} from './list-page.ts'
import { naturalKey } from './natural-key.ts'
import { isSignatureType, signatureTagOf } from './signature-types.ts'
import { tagRowStore, type LiveTagRow, type TagFilter } from './tag-row-store.ts'

export type TagRows = ReturnType<typeof createTagRows>

export const tagColumns = [
  'name',
  'last_modified',
  'expiration',
  'size',
  'digest',
  'last_pulled',
  'pull_count',
] as const
export type TagColumn = (typeof tagColumns)[number]

export interface TagWish {
  readonly search?: string | undefined
  readonly digest?: string | undefined
  readonly signatures?: boolean | undefined
}

export interface PresentChild extends IndexChild {
  readonly isPresent: boolean
  readonly sizeBytes: number | null
}

export interface TagRow extends LiveTagRow {
  readonly children: readonly PresentChild[]
  readonly isSigned: boolean
}

/** Later than every tag: it never expires. */
const never: Instant = Number.MAX_SAFE_INTEGER
/** Of one index that is looked into. */
const childrenAtMost = 500
const childrenOfPage = 5_000

/** The live tags of a repository, each with what a row tells about it. */
export function createTagRows({
  db,
  clock,
  pageTokens,
}: {
  db: Db
  clock: Clock
  pageTokens: PageTokens
}) {
  const store = tagRowStore(db)

  async function sourceOf(filter: TagFilter): Promise<ListSource<LiveTagRow, TagColumn>> {
    const found = filter.part === '' ? undefined : await store.find(filter, countedRows + 1)
    return {
      list: `tags ${String(filter.repositoryId)}`,
      sort: 'last_modified',
      order: { last_modified: 'desc', size: 'desc', last_pulled: 'desc', pull_count: 'desc' },
      columns: tagColumns,
      count: (most) =>
        found ? Promise.resolve(Math.min(found.length, most)) : store.count(filter, most),
      async all(sort) {
        const rows = found
          ? await store.allByIds(found, filter)
          : await store.all(filter, shortList)
        return sort === 'size' ? withSizes(rows) : rows
      },
      keyOf,
      idOf: ({ name }) => name,
      long: {
        sort: 'last_modified',
        sortable: ['name', 'last_modified'],
        page: ({ column, ...stretch }) =>
          column === 'name'
            ? store.pageByName(filter, { ...stretch, column })
            : store.pageByAge(filter, { ...stretch, column: 'last_modified' }),
      },
    }
  }

  /** A list is as large as its largest child. */
  async function withSizes(rows: readonly LiveTagRow[]): Promise<LiveTagRow[]> {
    const lists = rows.filter(({ media_type }) => isIndexMediaType(media_type))
    const largest = await store.largestChildren([
      ...new Set(lists.map(({ manifest_id }) => manifest_id)),
    ])
    return rows.map((row) =>
      isIndexMediaType(row.media_type)
        ? { ...row, layers_size: largest.get(row.manifest_id) ?? null }
        : row,
    )
  }

  async function describe(
    repositoryId: number,
    rows: readonly LiveTagRow[],
    now: Instant,
  ): Promise<TagRow[]> {
    const indexes = rows.filter(({ media_type }) => isIndexMediaType(media_type))
    const children = await childrenOf(
      repositoryId,
      indexes.map(({ digest }) => digest),
    )
    const signed = await signedAmong(
      repositoryId,
      rows.map(({ digest }) => digest),
      now,
    )
    return rows.map((row) => ({
      ...row,
      children: children.get(row.digest) ?? [],
      isSigned: signed.has(row.digest),
    }))
  }

  /** What each index lists, and what of it is here. */
  async function childrenOf(
    repositoryId: number,
    digests: readonly string[],
  ): Promise<ReadonlyMap<string, readonly PresentChild[]>> {
    const contents = await store.readContents([...new Set(digests)])
    const listed = new Map(
      [...contents].map(([digest, content]) => [
        digest,
        indexChildren(content).slice(0, childrenAtMost),
      ]),
    )
    const wanted = [...new Set([...listed.values()].flat().map(({ digest }) => digest))]
    const present = await store.findManifests(repositoryId, wanted.slice(0, childrenOfPage))
    return new Map(
      [...listed].map(([digest, children]) => [
        digest,
        children.map((child) => ({
          ...child,
          isPresent: present.has(child.digest),
          sizeBytes: present.get(child.digest)?.layers_size ?? null,
        })),
      ]),
    )
  }

  async function signedAmong(
    repositoryId: number,
    digests: readonly string[],
    now: Instant,
  ): Promise<ReadonlySet<string>> {
    const subjects = [...new Set(digests)]
    const tags = await store.existing(repositoryId, subjects.map(signatureTagOf), now)
    const referring = await store.referringTypes(repositoryId, subjects, now)
    const referred = referring.filter(({ artifact_type }) => isSignatureType(artifact_type))
    return new Set([
      ...subjects.filter((digest) => tags.has(signatureTagOf(digest))),
      ...referred.flatMap(({ subject_digest }) => subject_digest ?? []),
    ])
  }

  return {
    childrenOf,
    signedAmong,

    async list(
      repositoryId: number,
      wish: TagWish & ListWish<TagColumn>,
    ): Promise<ListPage<TagRow, TagColumn>> {
      const now = clock.now()
      const { rows, about } = await pageOf(
        await sourceOf(filterOf(repositoryId, wish, now)),
        wish,
        pageTokens,
      )
      return { rows: await describe(repositoryId, rows, now), about }
    },

    /** The names that a filter leaves, in their order. */
    names: (repositoryId: number, wish: TagWish, limit: number): Promise<string[]> =>
      store.names(filterOf(repositoryId, wish, clock.now()), limit),
  }
}

/** What is no name but looks like a digest is searched for among the digests. */
function filterOf(
  repositoryId: number,
  { search = '', digest = '', signatures = false }: TagWish,
  now: Instant,
): TagFilter {
  const text = search.trim().toLowerCase()
  const isDigest = /^sha(?:256|512):[0-9a-f]*$/.test(text)
  return {
    ...{ repositoryId, now, attachments: signatures },
    part: isDigest ? '' : text,
    digest: isDigest ? text : wholeDigest(digest.trim().toLowerCase()),
  }
}

/** People leave the name of the algorithm out. */
function wholeDigest(text: string): string {
  return /^[0-9a-f]{4,}$/.test(text) ? `sha256:${text}` : text
}

function keyOf(row: LiveTagRow, column: TagColumn): SortKey {
  switch (column) {
    case 'name':
      return naturalKey(row.name)
    case 'last_modified':
      return row.lifetime_start_ms
    case 'expiration':
      return row.lifetime_end_ms ?? never
    case 'size':
      return row.layers_size ?? -1
    case 'digest':
      return row.digest
    case 'last_pulled':
      return row.last_pulled_at ?? 0
    case 'pull_count':
      return row.pull_count ?? 0
  }
}
