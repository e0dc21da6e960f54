import { sql } from 'kysely'

import { liveTagsByAge } from '../../db/index-hint.ts'
import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface NewestTag {
  readonly name: string
  readonly lifetime_start_ms: Instant
  readonly lifetime_end_ms: Instant | null
  readonly digest: string
  readonly media_type: string
  readonly layers_size: number | null
}

const countedAtMost = 10_000

const newestTags = prepared<{ repository: number; now: Instant; limit: number }>()((param, db) =>
  db
    .selectFrom(liveTagsByAge(db))
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select([
      'tag.name',
      'tag.lifetime_start_ms',
      'tag.lifetime_end_ms',
      'manifest.digest',
      'manifest.media_type',
      'manifest.layers_size',
    ])
    .where('tag.repository_id', '=', param('repository'))
    .where('tag.live_name', 'is not', null)
    .where((e) =>
      e.or([e('tag.lifetime_end_ms', 'is', null), e('tag.lifetime_end_ms', '>', param('now'))]),
    )
    .orderBy('tag.lifetime_start_ms', 'desc')
    .orderBy('tag.name')
    .limit(param('limit')),
)

/** What lists and pages tell about repositories beside their own row. */
export function repositorySummaryStore(db: Db) {
  return {
    newestTags: (repository: number, now: Instant, limit: number): Promise<NewestTag[]> =>
      newestTags(db, { repository, now, limit }),

    /** When the newest live tag of each repository began; repositories without one are left out. */
    async lastModified(ids: readonly number[], now: Instant): Promise<Map<number, Instant>> {
      if (ids.length === 0) return new Map()
      const { rows } = await sql<{ id: number; start: Instant | null }>`
        select repository.id, (
          select tag.lifetime_start_ms from ${liveTagsByAge(db)}
          where tag.repository_id = repository.id and tag.live_name is not null
            and (tag.lifetime_end_ms is null or tag.lifetime_end_ms > ${now})
          order by tag.lifetime_start_ms desc limit 1
        ) as start
        from repository where repository.id in (${sql.join(ids)})`.execute(db)
      return new Map(rows.flatMap(({ id, start }) => (start === null ? [] : [[id, start]])))
    },

    /** How many people starred each, as far as anybody counts. */
    async starCounts(ids: readonly number[]): Promise<Map<number, number>> {
      if (ids.length === 0) return new Map()
      const { rows } = await sql<{ id: number; stars: number }>`
        select repository.id, (
          select count(*) from (
            select 1 from star where star.repository_id = repository.id limit ${countedAtMost}
          ) as counted
        ) as stars
        from repository where repository.id in (${sql.join(ids)})`.execute(db)
      return new Map(rows.map(({ id, stars }) => [id, stars]))
    },

    /** Log entries of each day from `fromDay` on (days since the epoch), of whatever kind. */
    dailyActions: (repositoryId: number, fromDay: number) =>
      db
        .selectFrom('logentrydaily')
        .select(['day', (e) => e.fn.sum<number>('count').as('count')])
        .where('scope', '=', 'repository')
        .where('scope_id', '=', repositoryId)
        .where('performer_id', '=', 0)
        .where('day', '>=', fromDay)
        .groupBy('day')
        .orderBy('day')
        .limit(1_000)
        .execute(),
  }
}
