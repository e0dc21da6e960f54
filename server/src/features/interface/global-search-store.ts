import { sql } from 'kysely'

import { liveTagsByAge } from '../../db/index-hint.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { endOfPrefix } from '../search/search-text.ts'

export interface FoundTag {
  readonly repository_id: number
  readonly name: string
  readonly digest: string
}

export interface FoundManifest {
  readonly id: number
  readonly repository_id: number
  readonly digest: string
  readonly media_type: string
}

export interface FoundLabel {
  readonly repository_id: number
  readonly digest: string
  readonly key: string
  readonly value: string
}

/** Candidates for the search of everything. What the caller may not see is still among them. */
export function globalSearchStore(db: Db) {
  const lives = (now: Instant) =>
    sql<boolean>`(tag.lifetime_end_ms is null or tag.lifetime_end_ms > ${now})`

  return {
    /** Tags of some repositories, at most a few thousand, whose name begins so. */
    tagsStartingWith: async (
      repositoryIds: readonly number[],
      prefix: string,
      now: Instant,
      limit: number,
    ): Promise<FoundTag[]> =>
      repositoryIds.length === 0
        ? []
        : db
            .selectFrom('tag')
            .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
            .select(['tag.repository_id', 'tag.name', 'manifest.digest'])
            .where('tag.repository_id', 'in', repositoryIds)
            .where('tag.live_name', '>=', prefix)
            .where('tag.live_name', '<', endOfPrefix(prefix))
            .where(lives(now))
            .limit(limit)
            .execute(),

    /** Manifests whose digest begins so, of whatever repository, by digest. */
    manifestsStartingWith: (prefix: string, limit: number): Promise<FoundManifest[]> =>
      db
        .selectFrom('manifest')
        .select(['id', 'repository_id', 'digest', 'media_type'])
        .where('digest', '>=', prefix)
        .where('digest', '<', endOfPrefix(prefix))
        .orderBy('digest')
        .limit(limit)
        .execute(),

    /** Live tags of manifests. */
    tagsOn: async (manifestIds: readonly number[], now: Instant, limit: number) =>
      manifestIds.length === 0
        ? []
        : db
            .selectFrom('tag')
            .select(['tag.manifest_id', 'tag.name'])
            .where('tag.manifest_id', 'in', manifestIds)
            .where('tag.live_name', 'is not', null)
            .where(lives(now))
            .orderBy('tag.name')
            .limit(limit)
            .execute(),

    /** Labels on the newest live tags of a repository. */
    labelsOf: (
      repositoryId: number,
      { key, value }: { readonly key: string; readonly value: string | undefined },
      now: Instant,
      { tags, limit }: { readonly tags: number; readonly limit: number },
    ): Promise<FoundLabel[]> => {
      const newest = db
        .selectFrom(liveTagsByAge(db))
        .select('tag.manifest_id')
        .where('tag.repository_id', '=', repositoryId)
        .where('tag.live_name', 'is not', null)
        .where(lives(now))
        .orderBy('tag.lifetime_start_ms', 'desc')
        .limit(tags)
      return db
        .selectFrom(newest.as('newest'))
        .innerJoin('manifestlabel as label', 'label.manifest_id', 'newest.manifest_id')
        .innerJoin('manifest', 'manifest.id', 'label.manifest_id')
        .select(['manifest.repository_id', 'manifest.digest', 'label.key', 'label.value'])
        .distinct()
        .where('label.key', '=', key)
        .$if(value !== undefined, (query) => query.where('label.value', '=', value ?? ''))
        .orderBy('manifest.digest')
        .limit(limit)
        .execute()
    },
  }
}
