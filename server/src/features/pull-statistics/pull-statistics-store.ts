import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface TagPullStatisticsTable {
  repository_id: number
  tag_name: string
  pull_count: number
  last_pulled_at: Instant
}

export interface ManifestPullStatisticsTable {
  manifest_id: number
  pull_count: number
  last_pulled_at: Instant
}

/** So many more pulls, the last of them then. */
export interface Pulls {
  readonly count: number
  readonly last: Instant
}

/** Queries of the counts of pulls, by tag and by manifest. */
export function pullStatisticsStore(db: Db) {
  return {
    findTag: (repositoryId: number, tag: string) =>
      db
        .selectFrom('tagpullstatistics')
        .select(['pull_count', 'last_pulled_at'])
        .where('repository_id', '=', repositoryId)
        .where('tag_name', '=', tag)
        .executeTakeFirst(),

    findManifest: (manifestId: number) =>
      db
        .selectFrom('manifestpullstatistics')
        .select(['pull_count', 'last_pulled_at'])
        .where('manifest_id', '=', manifestId)
        .executeTakeFirst(),

    /** Nothing when the tag, or its repository, is gone meanwhile. */
    addToTag: (repositoryId: number, tag: string, { count, last }: Pulls) =>
      db
        .insertInto('tagpullstatistics')
        .columns(['repository_id', 'tag_name', 'pull_count', 'last_pulled_at'])
        .expression(
          db
            .selectFrom('tag')
            .select([
              'repository_id',
              'name as tag_name',
              sql<number>`cast(${count} as bigint)`.as('pull_count'),
              sql<number>`cast(${last} as bigint)`.as('last_pulled_at'),
            ])
            .where('repository_id', '=', repositoryId)
            .where('name', '=', tag)
            .limit(1),
        )
        .onConflict((conflict) =>
          conflict.columns(['repository_id', 'tag_name']).doUpdateSet((e) => ({
            pull_count: e('tagpullstatistics.pull_count', '+', count),
            last_pulled_at: last,
          })),
        )
        .execute(),

    addToManifest: (manifestId: number, { count, last }: Pulls) =>
      db
        .insertInto('manifestpullstatistics')
        .columns(['manifest_id', 'pull_count', 'last_pulled_at'])
        .expression(
          db
            .selectFrom('manifest')
            .select([
              'id as manifest_id',
              sql<number>`cast(${count} as bigint)`.as('pull_count'),
              sql<number>`cast(${last} as bigint)`.as('last_pulled_at'),
            ])
            .where('id', '=', manifestId),
        )
        .onConflict((conflict) =>
          conflict.column('manifest_id').doUpdateSet((e) => ({
            pull_count: e('manifestpullstatistics.pull_count', '+', count),
            last_pulled_at: last,
          })),
        )
        .execute(),

    /** Of names that no tag of the repository, past or present, has any more. */
    async removeForgotten(repositoryId: number, names: readonly string[]): Promise<number> {
      if (names.length === 0) return 0
      const { numDeletedRows } = await db
        .deleteFrom('tagpullstatistics')
        .where('repository_id', '=', repositoryId)
        .where('tag_name', 'in', names)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('tag')
                .select('tag.id')
                .where('tag.repository_id', '=', repositoryId)
                .whereRef('tag.name', '=', 'tagpullstatistics.tag_name'),
            ),
          ),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    /** Some of a repository that is being purged. */
    async removeSome(repositoryId: number, limit: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('tagpullstatistics')
        .where('repository_id', '=', repositoryId)
        .where('tag_name', 'in', (e) =>
          e
            .selectFrom('tagpullstatistics')
            .select('tag_name')
            .where('repository_id', '=', repositoryId)
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}
