import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Sight } from '../access/access-service.ts'
import { starStore } from './star-store.ts'
import { visibleRepositories, type IdPage } from './visible-repositories.ts'

export type StarService = ReturnType<typeof createStarService>

/** The repositories that people have marked for themselves. */
export function createStarService({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /** Starring twice is no error. */
    star: (userId: number, repositoryId: number) =>
      starStore(db).insert({
        user_id: userId,
        repository_id: repositoryId,
        created_at: clock.now(),
      }),

    /** False when there was no star. */
    unstar: (userId: number, repositoryId: number): Promise<boolean> =>
      starStore(db).delete(userId, repositoryId),

    filter: (userId: number, among: readonly number[]): Promise<ReadonlySet<number>> =>
      starStore(db).filter(userId, among),

    /** Those that the account still sees, so a page may hold fewer than `size`. */
    async page(userId: number, sight: Sight, after: number, size: number): Promise<IdPage> {
      const starred = await starStore(db).list(userId, after, size + 1)
      const looked = starred.slice(0, size)
      const seen = await visibleRepositories(db).filter(sight, looked)
      const last = looked.at(-1)
      return {
        ids: looked.filter((id) => seen.has(id)),
        ...(starred.length > size && last !== undefined && { next: last }),
      }
    },
  }
}
