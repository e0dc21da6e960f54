import type { Selectable } from 'kysely'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export type BundleJobKind = 'export' | 'import' | 'verify'
export type BundleJobState =
  'queued' | 'running' | 'paused' | 'waiting' | 'done' | 'failed' | 'cancelled'

/** It has not ended, though it may rest. */
export const isUnderWay = (state: BundleJobState): boolean =>
  ['queued', 'running', 'paused', 'waiting'].includes(state)

export interface BundleJobTable {
  id: string
  kind: BundleJobKind
  state: BundleJobState
  owner: string
  created_at: Instant
  ended_at: Instant | null
  by_name: string | null
  bundle_id: string | null
  path: string | null
  options_json: string
  progress_json: string
  waiting_json: string | null
  result_json: string | null
  error_json: string | null
}

export type BundleJobRow = Selectable<BundleJobTable>

export interface JobPosition {
  readonly at: Instant
  readonly id: string
}

/** Queries of `bundlejob`: exports, imports and verifications. */
export function bundleJobStore(db: Db) {
  return {
    insert: (row: BundleJobRow) => db.insertInto('bundlejob').values(row).execute(),

    find: (id: string): Promise<BundleJobRow | undefined> =>
      db.selectFrom('bundlejob').selectAll().where('id', '=', id).executeTakeFirst(),

    listByIds: (ids: readonly string[]): Promise<BundleJobRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : db.selectFrom('bundlejob').selectAll().where('id', 'in', ids).execute(),

    update: (id: string, change: Partial<BundleJobRow>) =>
      db.updateTable('bundlejob').set(change).where('id', '=', id).execute(),

    /** Moves a job on, unless somebody moved it elsewhere meanwhile. */
    async move(
      id: string,
      from: readonly BundleJobState[],
      change: Partial<BundleJobRow>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('bundlejob')
        .set(change)
        .where('id', '=', id)
        .where('state', 'in', from)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** The one that waits the longest. A running one was cut off, or somebody else works on it. */
    listDue: (owner: string, states: readonly BundleJobState[], limit: number) =>
      db
        .selectFrom('bundlejob')
        .selectAll()
        .where('owner', '=', owner)
        .where('state', 'in', states)
        .orderBy('created_at')
        .limit(limit)
        .execute(),

    /** One that was asked for with the same words and has not ended well. */
    findSame: (
      owner: string,
      kind: BundleJobKind,
      options: string,
      states: readonly BundleJobState[],
    ): Promise<BundleJobRow | undefined> =>
      db
        .selectFrom('bundlejob')
        .selectAll()
        .where('owner', '=', owner)
        .where('state', 'in', states)
        .where('kind', '=', kind)
        .where('options_json', '=', options)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst(),

    /** The latest first. */
    page: (after: JobPosition | undefined, limit: number): Promise<BundleJobRow[]> =>
      db
        .selectFrom('bundlejob')
        .selectAll()
        .$if(after !== undefined, (query) =>
          query.where((e) =>
            e.or([
              e('created_at', '<', after?.at ?? 0),
              e.and([e('created_at', '=', after?.at ?? 0), e('id', '<', after?.id ?? '')]),
            ]),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
  }
}
