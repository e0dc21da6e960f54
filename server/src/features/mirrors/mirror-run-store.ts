import { sql, type Generated, type Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { FailureCode } from './mirror-failure.ts'

export type RunTrigger = 'schedule' | 'request'
export type RunResult = 'running' | 'success' | 'partial' | 'failed' | 'cancelled'
export type TagState =
  'waiting' | 'running' | 'new' | 'updated' | 'unchanged' | 'failed' | 'cancelled'

/** What a mirror did, or does. */
export interface MirrorRunTable {
  id: Generated<number>
  mirror_id: number
  trigger: RunTrigger
  started_at: Instant
  ended_at: Instant | null
  result: RunResult
  code: FailureCode | null
  message: string | null
  bytes: Generated<number>
  tags_matched: Generated<number>
  tags_new: Generated<number>
  tags_updated: Generated<number>
  tags_unchanged: Generated<number>
  tags_failed: Generated<number>
  tags_removed: Generated<number>
  /** What the worker last said, for whoever is in another process. */
  progress_json: string | null
}

/** How each tag of the last run fared. */
export interface MirrorTagTable {
  mirror_id: number
  name: string
  run_id: number
  state: TagState
  digest: string | null
  bytes: Generated<number>
  code: FailureCode | null
  message: string | null
  changed_at: Instant
}

export type MirrorRunRow = Selectable<MirrorRunTable>
export type MirrorTagRow = Selectable<MirrorTagTable>

export type RunCounts = Pick<
  MirrorRunRow,
  | 'bytes'
  | 'tags_matched'
  | 'tags_new'
  | 'tags_updated'
  | 'tags_unchanged'
  | 'tags_failed'
  | 'tags_removed'
>

export type RunEnd = Pick<MirrorRunRow, 'ended_at' | 'result' | 'code' | 'message'>

const tagsAtOnce = 100

/** Queries of `mirrorrun` and `mirrortag`. */
export function mirrorRunStore(db: Db) {
  return {
    start: (run: { mirrorId: number; trigger: RunTrigger; startedAt: Instant }) =>
      db
        .insertInto('mirrorrun')
        .values({
          mirror_id: run.mirrorId,
          trigger: run.trigger,
          started_at: run.startedAt,
          ended_at: null,
          result: 'running',
          code: null,
          message: null,
          progress_json: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow(),

    find: (id: number): Promise<MirrorRunRow | undefined> =>
      db.selectFrom('mirrorrun').selectAll().where('id', '=', id).executeTakeFirst(),

    listByIds: (ids: readonly number[]): Promise<MirrorRunRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : db.selectFrom('mirrorrun').selectAll().where('id', 'in', ids).execute(),

    /** The newest first. */
    list: (mirrorId: number, before: number | undefined, limit: number): Promise<MirrorRunRow[]> =>
      db
        .selectFrom('mirrorrun')
        .selectAll()
        .where('mirror_id', '=', mirrorId)
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    note: (id: number, counts: RunCounts, progressJson: string) =>
      db
        .updateTable('mirrorrun')
        .set({ ...counts, progress_json: progressJson })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute(),

    end: (id: number, end: RunEnd, counts?: RunCounts) =>
      db
        .updateTable('mirrorrun')
        .set({ ...counts, ...end, progress_json: null })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute(),

    /** Those that nobody runs any more: what a mirror's worker left when it was taken over. */
    endOthers: (mirrorId: number, runId: number, end: RunEnd) =>
      db
        .updateTable('mirrorrun')
        .set({ ...end, progress_json: null })
        .where('mirror_id', '=', mirrorId)
        .where('id', '!=', runId)
        .where('ended_at', 'is', null)
        .execute(),

    /** Forgets all but the newest. */
    async trim(mirrorId: number, kept: number): Promise<void> {
      const oldest = await db
        .selectFrom('mirrorrun')
        .select('id')
        .where('mirror_id', '=', mirrorId)
        .orderBy('id', 'desc')
        .offset(kept)
        .limit(1)
        .executeTakeFirst()
      if (oldest === undefined) return
      await db
        .deleteFrom('mirrorrun')
        .where('mirror_id', '=', mirrorId)
        .where('id', '<=', oldest.id)
        .execute()
    },

    async putTags(tags: readonly MirrorTagRow[]): Promise<void> {
      for (let from = 0; from < tags.length; from += tagsAtOnce) {
        await db
          .insertInto('mirrortag')
          .values(tags.slice(from, from + tagsAtOnce))
          .onConflict((conflict) =>
            conflict.columns(['mirror_id', 'name']).doUpdateSet((e) => ({
              run_id: e.ref('excluded.run_id'),
              state: e.ref('excluded.state'),
              digest: e.ref('excluded.digest'),
              bytes: e.ref('excluded.bytes'),
              code: e.ref('excluded.code'),
              message: e.ref('excluded.message'),
              changed_at: e.ref('excluded.changed_at'),
            })),
          )
          .execute()
      }
    },

    /** What the run of that id did already, when it is taken up again. */
    async listDone(mirrorId: number, runId: number): Promise<MirrorTagRow[]> {
      return db
        .selectFrom('mirrortag')
        .selectAll()
        .where('mirror_id', '=', mirrorId)
        .where('run_id', '=', runId)
        .where('state', 'in', ['new', 'updated', 'unchanged'])
        .execute()
    },

    listTags: (
      mirrorId: number,
      {
        runId,
        after,
        state,
        limit,
      }: { runId: number; after: string; state: TagState | undefined; limit: number },
    ): Promise<MirrorTagRow[]> =>
      db
        .selectFrom('mirrortag')
        .selectAll()
        .where('mirror_id', '=', mirrorId)
        .where('name', '>', after)
        .where('run_id', '=', runId)
        .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'new'))
        .orderBy('name')
        .limit(limit)
        .execute(),

    /** Of tags that the last run did not have. */
    dropTagsBefore: (mirrorId: number, runId: number) =>
      db
        .deleteFrom('mirrortag')
        .where('mirror_id', '=', mirrorId)
        .where('run_id', '<', runId)
        .execute(),

    /** Tags that the runs under way have not come to yet. */
    async countPending(): Promise<number> {
      const row = await db
        .selectFrom('repomirrorconfig')
        .innerJoin('mirrorrun', 'mirrorrun.id', 'repomirrorconfig.last_run_id')
        .select(
          sql<number>`coalesce(sum(tags_matched - tags_new - tags_updated - tags_unchanged - tags_failed), 0)`.as(
            'pending',
          ),
        )
        .where('repomirrorconfig.status', '=', 2)
        .where('mirrorrun.ended_at', 'is', null)
        .executeTakeFirst()
      return row?.pending ?? 0
    },
  }
}
