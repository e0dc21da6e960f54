import type { Selectable } from 'kysely'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface BundleSelectionTable {
  id: string
  name: string
  owner: string
  updated_at: Instant
  by_name: string | null
  content_json: string
  directory: string
  upstreams_sealed: string | null
  calendar_json: string
  next_at: Instant | null
  last_job_id: string | null
  last_started_at: Instant | null
  watched_job_id: string | null
  problem: string | null
  /** Null: every bundle stays. */
  keep_last: number | null
}

export type SelectionRow = Selectable<BundleSelectionTable>

/** Queries of `bundleselection`: what bundles are made of that are made again and again. */
export function selectionStore(db: Db) {
  const one = (id: string) => db.updateTable('bundleselection').where('id', '=', id)
  return {
    insert: (row: SelectionRow) => db.insertInto('bundleselection').values(row).execute(),

    update: (id: string, change: Partial<SelectionRow>) => one(id).set(change).execute(),

    delete: (id: string) => db.deleteFrom('bundleselection').where('id', '=', id).execute(),

    find: (id: string): Promise<SelectionRow | undefined> =>
      db.selectFrom('bundleselection').selectAll().where('id', '=', id).executeTakeFirst(),

    findByName: (name: string): Promise<SelectionRow | undefined> =>
      db.selectFrom('bundleselection').selectAll().where('name', '=', name).executeTakeFirst(),

    list: (limit: number): Promise<SelectionRow[]> =>
      db.selectFrom('bundleselection').selectAll().orderBy('name').limit(limit).execute(),

    listDue: (owner: string, now: Instant, limit: number): Promise<SelectionRow[]> =>
      db
        .selectFrom('bundleselection')
        .selectAll()
        .where('owner', '=', owner)
        .where('next_at', '<=', now)
        .orderBy('next_at')
        .limit(limit)
        .execute(),

    /** Those whose run began at its time, until somebody was told how it ended. */
    listWatched: (owner: string, limit: number): Promise<SelectionRow[]> =>
      db
        .selectFrom('bundleselection')
        .selectAll()
        .where('owner', '=', owner)
        .where('watched_job_id', 'is not', null)
        .limit(limit)
        .execute(),

    /** Of several who come at once, one gets the time. */
    async claimTime(id: string, time: Instant, next_at: Instant): Promise<boolean> {
      const { numUpdatedRows } = await one(id)
        .set({ next_at })
        .where('next_at', '=', time)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** Of several who begin a run at once, one does. */
    async claimRun(
      { id, last_job_id }: Pick<SelectionRow, 'id' | 'last_job_id'>,
      change: Partial<SelectionRow>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await one(id)
        .set(change)
        .where('last_job_id', last_job_id === null ? 'is' : '=', last_job_id)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
  }
}
