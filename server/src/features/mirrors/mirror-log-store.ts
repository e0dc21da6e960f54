import { sql, type Generated, type Selectable, type SqlBool } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { containsPattern } from '../search/search-text.ts'

export const logLevels = ['debug', 'info', 'warning', 'error'] as const
export type MirrorLogLevel = (typeof logLevels)[number]

/** A line of what a run tells. */
export interface MirrorLogTable {
  id: Generated<number>
  mirror_id: number
  run_id: number
  at: Instant
  /** The place of its level among them all. */
  level: number
  message: string
}

export type MirrorLogRow = Selectable<MirrorLogTable>
export type NewMirrorLogRow = Omit<MirrorLogRow, 'id'>

export interface MirrorLogWish {
  readonly before?: number | undefined
  /** This one and those above it. */
  readonly level: MirrorLogLevel
  readonly search?: string | undefined
  readonly runId?: number | undefined
  readonly limit: number
}

const rowsAtOnce = 200

/** Queries of `mirrorlog`. */
export function mirrorLogStore(db: Db) {
  return {
    async add(lines: readonly NewMirrorLogRow[]): Promise<void> {
      for (let from = 0; from < lines.length; from += rowsAtOnce) {
        await db
          .insertInto('mirrorlog')
          .values(lines.slice(from, from + rowsAtOnce))
          .execute()
      }
    },

    /** The newest first. */
    list: (
      mirrorId: number,
      { before, level, search = '', runId, limit }: MirrorLogWish,
    ): Promise<MirrorLogRow[]> =>
      db
        .selectFrom('mirrorlog')
        .selectAll()
        .where('mirror_id', '=', mirrorId)
        .where('level', '>=', logLevels.indexOf(level))
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
        .$if(runId !== undefined, (query) => query.where('run_id', '=', runId ?? 0))
        .$if(search !== '', (query) =>
          query.where(
            sql<SqlBool>`lower(message) like ${containsPattern(search.toLowerCase())} escape '\\'`,
          ),
        )
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    /** Forgets those of all but the newest runs. */
    async trim(mirrorId: number, runsKept: number): Promise<void> {
      const oldest = await db
        .selectFrom('mirrorrun')
        .select('id')
        .where('mirror_id', '=', mirrorId)
        .orderBy('id', 'desc')
        .offset(runsKept)
        .limit(1)
        .executeTakeFirst()
      if (oldest === undefined) return
      await db
        .deleteFrom('mirrorlog')
        .where('mirror_id', '=', mirrorId)
        .where('run_id', '<=', oldest.id)
        .execute()
    },
  }
}
