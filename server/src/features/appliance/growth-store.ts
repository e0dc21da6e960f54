import type { Db } from '../../db/tables.ts'

/** How much there was on a day, counted in days since the epoch. */
export interface GrowthSampleTable {
  day: number
  content_bytes: number
  free_bytes: number
  total_bytes: number
}

/** Queries of `growthsample`. */
export function growthStore(db: Db) {
  return {
    /** The last one of a day counts. */
    record: (sample: GrowthSampleTable) =>
      db
        .insertInto('growthsample')
        .values(sample)
        .onConflict((conflict) =>
          conflict.column('day').doUpdateSet({
            content_bytes: sample.content_bytes,
            free_bytes: sample.free_bytes,
            total_bytes: sample.total_bytes,
          }),
        )
        .execute(),

    /** The oldest first. */
    listSince: (day: number): Promise<GrowthSampleTable[]> =>
      db
        .selectFrom('growthsample')
        .selectAll()
        .where('day', '>=', day)
        .orderBy('day')
        .limit(1_000)
        .execute(),

    deleteBefore: (day: number) => db.deleteFrom('growthsample').where('day', '<', day).execute(),
  }
}
