import { sql, type ExpressionBuilder } from 'kysely'

import type { Db, Tables } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface TagQuery {
  readonly repositoryId: number
  readonly now: Instant
  /** What ended up to here is out of the time machine's window. */
  readonly cutoff: Instant
  readonly onlyActive: boolean
  readonly name?: string
  /** Looked for among the newest `among` entries: no index finds a part of a name. */
  readonly part?: { readonly text: string; readonly among: number }
  readonly offset: number
  readonly limit: number
}

export interface TagEntry {
  readonly name: string
  readonly reversion: number
  readonly immutable: number
  readonly lifetime_start_ms: Instant
  readonly lifetime_end_ms: Instant | null
  readonly manifest_id: number
  readonly digest: string
  readonly media_type: string
  readonly layers_size: number | null
}

type TagExpression = ExpressionBuilder<Tables, 'tag'>

/** Queries of what tags were, as the API shows it. */
export function tagHistoryStore(db: Db) {
  const endsAfter = (instant: Instant) => (eb: TagExpression) =>
    eb.or([eb('tag.lifetime_end_ms', 'is', null), eb('tag.lifetime_end_ms', '>', instant)])

  /** Written out, so that the partial indexes of the lists are seen to fit. */
  const listed = ({ repositoryId, onlyActive }: TagQuery) =>
    db
      .selectFrom('tag')
      .where('tag.repository_id', '=', repositoryId)
      .$if(onlyActive, (query) => query.where('tag.live_name', 'is not', null))
      .$if(!onlyActive, (query) => query.where('tag.hidden', '=', sql.lit(0)))

  const matching = (query: TagQuery) => {
    const { onlyActive, name, part } = query
    const visible = endsAfter(onlyActive ? query.now : query.cutoff)
    if (part === undefined) {
      return listed(query)
        .$if(name !== undefined, (q) => q.where('tag.name', '=', name ?? ''))
        .where(visible)
    }
    const recent = listed(query)
      .select(['tag.id as recent_id', 'tag.name as recent_name'])
      .orderBy('tag.lifetime_start_ms', 'desc')
      .orderBy('tag.name')
      .limit(part.among)
    return db
      .selectFrom('tag')
      .innerJoin(recent.as('recent'), 'recent.recent_id', 'tag.id')
      .where(sql<boolean>`lower(recent.recent_name) like ${likePattern(part.text)} escape '\\'`)
      .$if(name !== undefined, (q) => q.where('tag.name', '=', name ?? ''))
      .where(visible)
  }

  return {
    /** Newest first, then by name. */
    list: (query: TagQuery): Promise<TagEntry[]> =>
      db
        .selectFrom(
          matching(query)
            .select([
              'tag.name',
              'tag.reversion',
              'tag.immutable',
              'tag.lifetime_start_ms',
              'tag.lifetime_end_ms',
              'tag.manifest_id',
            ])
            .orderBy('tag.lifetime_start_ms', 'desc')
            .orderBy('tag.name')
            .limit(query.limit)
            .offset(query.offset)
            .as('page'),
        )
        .innerJoin('manifest', 'manifest.id', 'page.manifest_id')
        .select([
          'page.name',
          'page.reversion',
          'page.immutable',
          'page.lifetime_start_ms',
          'page.lifetime_end_ms',
          'page.manifest_id',
          'manifest.digest',
          'manifest.media_type',
          'manifest.layers_size',
        ])
        .orderBy('page.lifetime_start_ms', 'desc')
        .orderBy('page.name')
        .execute(),

    /** The manifests that an index lists, and which of them are here. */
    async listChildren(indexId: number, limit: number) {
      const rows = await db
        .selectFrom('manifest_child')
        .leftJoin('manifest', (join) =>
          join
            .onRef('manifest.digest', '=', 'manifest_child.child_digest')
            .onRef('manifest.repository_id', '=', 'manifest_child.repository_id'),
        )
        .select(['manifest_child.child_digest', 'manifest.id'])
        .where('manifest_child.manifest_id', '=', indexId)
        .orderBy('manifest_child.child_digest')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ digest: row.child_digest, isPresent: row.id !== null }))
    },

    /** Whether the tag pointed at the manifest within the window. */
    async hasPointedAt(
      { repositoryId, name, manifestId }: TagOnManifest,
      cutoff: Instant,
    ): Promise<boolean> {
      const row = await db
        .selectFrom('tag')
        .select('tag.id')
        .where('tag.manifest_id', '=', manifestId)
        .where('tag.name', '=', name)
        .where('tag.repository_id', '=', repositoryId)
        .where('tag.hidden', '=', 0)
        .where(endsAfter(cutoff))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Puts some ended entries just out of the window. @returns how many. */
    async pushOut(
      { repositoryId, name, manifestId }: TagOnManifest,
      { now, cutoff, immutableToo }: { now: Instant; cutoff: Instant; immutableToo: boolean },
      limit: number,
    ): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('tag')
        .set({ lifetime_end_ms: cutoff, live_name: null })
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('tag')
            .select('tag.id')
            .where('tag.manifest_id', '=', manifestId)
            .where('tag.lifetime_end_ms', '>', cutoff)
            .where('tag.lifetime_end_ms', '<=', now)
            .where('tag.name', '=', name)
            .where('tag.repository_id', '=', repositoryId)
            .where('tag.hidden', '=', 0)
            .$if(!immutableToo, (query) => query.where('tag.immutable', '=', 0))
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows)
    },

    /** Ends a tag at once, out of the window. */
    async endForGood(id: number, cutoff: Instant): Promise<void> {
      await db
        .updateTable('tag')
        .set({ lifetime_end_ms: cutoff, live_name: null })
        .where('id', '=', id)
        .execute()
    },
  }
}

export interface TagOnManifest {
  readonly repositoryId: number
  readonly name: string
  readonly manifestId: number
}

function likePattern(part: string): string {
  return `%${part.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}
