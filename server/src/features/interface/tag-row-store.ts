import { sql, type Selectable, type SqlBool } from 'kysely'

import { liveTagsByAge } from '../../db/index-hint.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db, Tables } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { containsPattern, endOfPrefix } from '../search/search-text.ts'
import type { Stretch } from './list-page.ts'
import { attachmentPrefix, attachmentSuffixes } from './signature-types.ts'

export interface TagFilter {
  readonly repositoryId: number
  readonly now: Instant
  /** In small letters; empty: any. */
  readonly part: string
  /** The beginning of a digest; empty: any. */
  readonly digest: string
  /** Also the tags that hold signatures and the like. */
  readonly attachments: boolean
}

/** A live tag, as far as lists are sorted by it. */
export interface LiveTagRow {
  readonly id: number
  readonly name: string
  readonly manifest_id: number
  readonly lifetime_start_ms: Instant
  readonly lifetime_end_ms: Instant | null
  readonly immutable: number
  readonly digest: string
  readonly media_type: string
  readonly artifact_type: string | null
  readonly config_media_type: string | null
  readonly layers_size: number | null
  readonly pull_count: number | null
  readonly last_pulled_at: Instant | null
}

export type LongTagColumn = 'name' | 'last_modified'

/** Manifests looked at for the beginning of a digest; of a whole one there is one. */
const manifestsAtMost = 1_000
const referrersAtMost = 5_000

const tags = sql<Selectable<Tables['tag']>>`tag`.as<'tag'>(sql`tag`)

/** Live tags of one repository, in the order of their names or their age. */
export function tagRowStore(db: Db) {
  const like = sql.raw(hasRowLocks(db) ? 'ilike' : 'like')
  const contains = (column: string, part: string) =>
    sql<SqlBool>`${sql.ref(column)} ${like} ${containsPattern(part)} escape '\\'`

  const matching = (
    { repositoryId, now, part, digest, attachments }: TagFilter,
    byAge: boolean,
  ) => {
    const name = sql.ref<string>('tag.live_name')
    return db
      .selectFrom(byAge ? liveTagsByAge(db) : tags)
      .where('tag.repository_id', '=', repositoryId)
      .where('tag.live_name', 'is not', null)
      .$if(part !== '', (query) =>
        query.where(contains(byAge ? 'tag.name' : 'tag.live_name', part)),
      )
      .$if(!attachments, (query) =>
        query.where(
          sql<SqlBool>`not (${name} like ${`${attachmentPrefix}%`} and (${sql.join(
            attachmentSuffixes.map((suffix) => sql`${name} like ${`%${suffix}`}`),
            sql` or `,
          )}))`,
        ),
      )
      .$if(digest !== '', (query) =>
        query.where('tag.manifest_id', 'in', (e) =>
          e
            .selectFrom('manifest')
            .select('manifest.id')
            .where('manifest.repository_id', '=', repositoryId)
            .where('manifest.digest', '>=', digest)
            .where('manifest.digest', '<', endOfPrefix(digest))
            .orderBy('manifest.digest')
            .limit(manifestsAtMost),
        ),
      )
      .where((e) =>
        e.or([e('tag.lifetime_end_ms', 'is', null), e('tag.lifetime_end_ms', '>', now)]),
      )
  }

  /** The tags of a query with what stands beside them. */
  const described = (
    page: ReturnType<typeof picked>,
    { repositoryId }: Pick<TagFilter, 'repositoryId'>,
  ) =>
    db
      .selectFrom(page.as('tag'))
      .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
      .leftJoin('tagpullstatistics as pulls', (join) =>
        join.on('pulls.repository_id', '=', repositoryId).onRef('pulls.tag_name', '=', 'tag.name'),
      )
      .selectAll('tag')
      .select([
        'manifest.digest',
        'manifest.media_type',
        'manifest.artifact_type',
        'manifest.config_media_type',
        'manifest.layers_size',
        'pulls.pull_count',
        'pulls.last_pulled_at',
      ])

  const picked = (query: ReturnType<typeof matching>) =>
    query.select([
      'tag.id',
      'tag.name',
      'tag.manifest_id',
      'tag.lifetime_start_ms',
      'tag.lifetime_end_ms',
      'tag.immutable',
    ])

  return {
    async count(filter: TagFilter, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(matching(filter, false).select('tag.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    all: (filter: TagFilter, limit: number): Promise<LiveTagRow[]> =>
      described(picked(matching(filter, false)).limit(limit), filter).execute(),

    /**
     * The tags whose name contains the text. The names are looked through in the index alone: of a
     * repository with many tags, reading each would take ten times as long.
     */
    async find(filter: TagFilter, limit: number): Promise<number[]> {
      const rows = await matching({ ...filter, part: '' }, false)
        .select('tag.id')
        .where('tag.id', 'in', (e) =>
          e
            .selectFrom('tag as named')
            .select('named.id')
            .where('named.repository_id', '=', filter.repositoryId)
            .where('named.live_name', 'is not', null)
            .where(contains('named.live_name', filter.part)),
        )
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },

    allByIds: (ids: readonly number[], filter: TagFilter): Promise<LiveTagRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : described(
            picked(matching({ ...filter, part: '' }, false).where('tag.id', 'in', ids)),
            filter,
          ).execute(),

    async names(filter: TagFilter, limit: number): Promise<string[]> {
      const rows = await matching(filter, false)
        .select('tag.name')
        .orderBy('tag.live_name')
        .limit(limit)
        .execute()
      return rows.map(({ name }) => name)
    },

    async pageByName(
      filter: TagFilter,
      { order, after, offset, limit }: Stretch<LongTagColumn>,
    ): Promise<LiveTagRow[]> {
      const page = picked(matching(filter, false))
        .$if(after !== undefined, (query) =>
          query.where('tag.live_name', order === 'asc' ? '>' : '<', String(after?.id)),
        )
        .orderBy('tag.live_name', order)
        .limit(limit)
        .offset(offset)
      return described(page, filter).orderBy('tag.name', order).execute()
    },

    async pageByAge(
      filter: TagFilter,
      { order, after, offset, limit }: Stretch<LongTagColumn>,
    ): Promise<LiveTagRow[]> {
      const other = order === 'asc' ? 'desc' : 'asc'
      const [from, beyond, name] =
        order === 'asc' ? (['>=', '>', '<'] as const) : (['<=', '<', '>'] as const)
      const start = Number(after?.key)
      const page = picked(matching(filter, true))
        .$if(after !== undefined, (query) =>
          query
            .where('tag.lifetime_start_ms', from, start)
            .where((e) =>
              e.or([
                e('tag.lifetime_start_ms', beyond, start),
                e('tag.name', name, String(after?.id)),
              ]),
            ),
        )
        .orderBy('tag.lifetime_start_ms', order)
        .orderBy('tag.name', other)
        .limit(limit)
        .offset(offset)
      return described(page, filter)
        .orderBy('tag.lifetime_start_ms', order)
        .orderBy('tag.name', other)
        .execute()
    },

    /** The size of the largest child of each list among the tags of a repository. */
    async largestChildren(ids: readonly number[]): Promise<Map<number, number>> {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('manifest_child')
        .innerJoin('manifest as child', (join) =>
          join
            .onRef('child.digest', '=', 'manifest_child.child_digest')
            .onRef('child.repository_id', '=', 'manifest_child.repository_id'),
        )
        .select((e) => [
          'manifest_child.manifest_id',
          e.fn.max<number>('child.layers_size').as('largest'),
        ])
        .where('manifest_child.manifest_id', 'in', ids)
        .groupBy('manifest_child.manifest_id')
        .execute()
      return new Map(rows.map((row) => [row.manifest_id, row.largest]))
    },

    /** The manifests of a repository by digest. */
    async findManifests(repositoryId: number, digests: readonly string[]) {
      if (digests.length === 0) return new Map<string, { layers_size: number | null }>()
      const rows = await db
        .selectFrom('manifest')
        .select(['digest', 'layers_size', 'artifact_type'])
        .where('repository_id', '=', repositoryId)
        .where('digest', 'in', digests)
        .execute()
      return new Map(rows.map((row) => [row.digest, row]))
    },

    /** The bytes of manifests as they were pushed. */
    async readContents(digests: readonly string[]): Promise<Map<string, string>> {
      if (digests.length === 0) return new Map()
      const rows = await db
        .selectFrom('manifest_content')
        .select(['digest', 'bytes'])
        .where('digest', 'in', digests)
        .execute()
      return new Map(rows.map(({ digest, bytes }) => [digest, Buffer.from(bytes).toString()]))
    },

    /** Those of the names that are live tags. */
    async existing(
      repositoryId: number,
      names: readonly string[],
      now: Instant,
    ): Promise<Set<string>> {
      if (names.length === 0) return new Set()
      const rows = await db
        .selectFrom('tag')
        .select('name')
        .where('repository_id', '=', repositoryId)
        .where('live_name', 'in', names)
        .where((e) => e.or([e('lifetime_end_ms', 'is', null), e('lifetime_end_ms', '>', now)]))
        .execute()
      return new Set(rows.map(({ name }) => name))
    },

    /** What refers to the manifests, as far as something keeps it. */
    async referringTypes(repositoryId: number, subjects: readonly string[], now: Instant) {
      if (subjects.length === 0) return []
      return db
        .selectFrom('manifest')
        .select(['manifest.subject_digest', 'manifest.artifact_type'])
        .distinct()
        .where('manifest.repository_id', '=', repositoryId)
        .where('manifest.subject_digest', 'in', subjects)
        .where((e) =>
          e.exists(
            e
              .selectFrom('tag')
              .select(sql.lit(1).as('one'))
              .whereRef('tag.manifest_id', '=', 'manifest.id')
              .where((tag) =>
                tag.or([
                  tag('tag.lifetime_end_ms', 'is', null),
                  tag('tag.lifetime_end_ms', '>', now),
                ]),
              ),
          ),
        )
        .limit(referrersAtMost)
        .execute()
    },
  }
}
