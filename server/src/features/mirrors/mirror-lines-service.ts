import type { Db } from '../../db/tables.ts'
import { logLevels, mirrorLogStore, type MirrorLogWish } from './mirror-log-store.ts'

export type MirrorLines = ReturnType<typeof createMirrorLines>

const linesAtOnce = 200

/** What the runs of mirrors told, as it is read. */
export function createMirrorLines({ db }: { db: Db }) {
  return {
    /** The newest first, and where the next page begins. */
    async page(mirrorId: number, wish: Omit<MirrorLogWish, 'limit'>) {
      const rows = await mirrorLogStore(db).list(mirrorId, { ...wish, limit: linesAtOnce + 1 })
      const page = rows.slice(0, linesAtOnce)
      return {
        lines: page.map(({ id, run_id: run, at, level, message }) => ({
          ...{ id, run, message },
          at: new Date(at).toISOString(),
          level: logLevels[level] ?? 'info',
        })),
        next: rows.length > linesAtOnce ? page.at(-1)?.id : undefined,
      }
    },
  }
}
