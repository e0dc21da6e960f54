import type { Db } from '../../db/tables.ts'

export interface CountedPulls {
  readonly repositoryId: number
  /** Days since the epoch. */
  readonly day: number
  readonly pulls: number
}

/** Queries about how often repositories are pulled. */
export function popularityStore(db: Db) {
  return {
    listAfter: (id: number, limit: number): Promise<{ id: number; popularity: number }[]> =>
      db
        .selectFrom('repository')
        .select(['id', 'popularity'])
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit)
        .execute(),

    pullsSince: (
      repositoryIds: readonly number[],
      pullKindId: number,
      day: number,
    ): Promise<CountedPulls[]> =>
      db
        .selectFrom('logentrydaily')
        .select(['scope_id as repositoryId', 'day', 'count as pulls'])
        .where('scope', '=', 'repository')
        .where('scope_id', 'in', [...repositoryIds])
        .where('performer_id', '=', 0)
        .where('day', '>=', day)
        .where('kind_id', '=', pullKindId)
        .execute(),

    setPopularity: (id: number, popularity: number) =>
      db.updateTable('repository').set({ popularity }).where('id', '=', id).execute(),
  }
}
