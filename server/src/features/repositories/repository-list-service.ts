import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Sight } from '../access/access-service.ts'
import { repositoryStore, type RepositoryRow } from './repository-store.ts'
import { repositorySummaryStore, type NewestTag } from './repository-summary-store.ts'
import { visibleRepositories, type IdPage } from './visible-repositories.ts'

export type RepositoryListService = ReturnType<typeof createRepositoryListService>

export interface DailyActions {
  /** `YYYY-MM-DD` */
  readonly date: string
  readonly count: number
}

const dayMs = 24 * 3_600_000
const statisticDays = 92
const tagsAtMost = 500

/** Which repositories somebody sees, and what is told about them. */
export function createRepositoryListService({ db, clock }: { db: Db; clock: Clock }) {
  const visible = visibleRepositories(db)
  const summaries = repositorySummaryStore(db)

  return {
    page: (sight: Sight, after: number, size: number): Promise<IdPage> =>
      visible.page(sight, after, size),

    pageOfNamespace: (
      namespaceId: number,
      sight: Sight,
      where: { after: number; size: number; isAdmin: boolean },
    ): Promise<IdPage> => visible.pageOfNamespace(namespaceId, sight, where),

    /** Any `limit` of what somebody sees, or all of it when that is less. */
    some: (sight: Sight, limit: number): Promise<number[]> => visible.gather(sight, limit),

    /** Those of the ids, at most a few thousand, that are there and that somebody sees. */
    filter: (sight: Sight, among: readonly number[]): Promise<ReadonlySet<number>> =>
      visible.filter(sight, among),

    /** In the order of the ids. */
    async rows(ids: readonly number[]): Promise<RepositoryRow[]> {
      const found = await repositoryStore(db).listByIds(ids)
      const byId = new Map(found.map((row) => [row.id, row]))
      return ids.flatMap((id) => byId.get(id) ?? [])
    },

    lastModified: (ids: readonly number[]): Promise<ReadonlyMap<number, Instant>> =>
      summaries.lastModified(ids, clock.now()),

    starCounts: (ids: readonly number[]): Promise<ReadonlyMap<number, number>> =>
      summaries.starCounts(ids),

    /** Live tags, the newest first. */
    newestTags: (repositoryId: number): Promise<NewestTag[]> =>
      summaries.newestTags(repositoryId, clock.now(), tagsAtMost),

    /** What happened in the last three months: days with activity, then the days without. */
    async dailyActions(repositoryId: number): Promise<DailyActions[]> {
      const today = Math.floor(clock.now() / dayMs)
      const active = await summaries.dailyActions(repositoryId, today - statisticDays + 1)
      const activeDays = new Set(active.map(({ day }) => day))
      const idle = Array.from({ length: statisticDays }, (_, back) => today - back).filter(
        (day) => !activeDays.has(day),
      )
      return [...active, ...idle.map((day) => ({ day, count: 0 }))].map(({ day, count }) => ({
        date: new Date(day * dayMs).toISOString().slice(0, 10),
        count,
      }))
    },
  }
}
