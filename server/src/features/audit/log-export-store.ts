import type { Generated, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface ExportActionLogsTable {
  id: Generated<number>
  uuid: string
  file_id: string
  request_json: string
  created_at: Instant
  attempts_left: number
  /** When to try; of a finished export when to remove its file. */
  next_attempt_at: Instant
  finished_at: Instant | null
}

export type LogExportRow = Selectable<ExportActionLogsTable>

/** Queries of `exportactionlogs`. */
export function logExportStore(db: Db) {
  return {
    insert: (row: Omit<LogExportRow, 'id' | 'finished_at'>) =>
      db
        .insertInto('exportactionlogs')
        .values({ ...row, finished_at: null })
        .execute(),

    findByFile: (fileId: string): Promise<LogExportRow | undefined> =>
      db
        .selectFrom('exportactionlogs')
        .selectAll()
        .where('file_id', '=', fileId)
        .executeTakeFirst(),

    findDue: (now: Instant): Promise<LogExportRow | undefined> =>
      db
        .selectFrom('exportactionlogs')
        .selectAll()
        .where('next_attempt_at', '<=', now)
        .orderBy('next_attempt_at')
        .limit(1)
        .executeTakeFirst(),

    /** Takes an attempt, and everybody else's hands off it until `until`. False when it was taken. */
    async claim({ id, next_attempt_at }: LogExportRow, until: Instant): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('exportactionlogs')
        .set((e) => ({ attempts_left: e('attempts_left', '-', 1), next_attempt_at: until }))
        .where('id', '=', id)
        .where('next_attempt_at', '=', next_attempt_at)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    retry: (id: number, at: Instant, attemptsLeft: number) =>
      db
        .updateTable('exportactionlogs')
        .set({ next_attempt_at: at, attempts_left: attemptsLeft })
        .where('id', '=', id)
        .execute(),

    finish: (id: number, now: Instant, removeAt: Instant) =>
      db
        .updateTable('exportactionlogs')
        .set({ finished_at: now, next_attempt_at: removeAt })
        .where('id', '=', id)
        .execute(),

    delete: (id: number) => db.deleteFrom('exportactionlogs').where('id', '=', id).execute(),
  }
}
