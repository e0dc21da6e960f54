import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** A team whose members come from a group of an external directory. */
export interface TeamSyncTable {
  team_id: number
  service: string
  config_json: string
  last_updated: Instant | null
}

export function teamSyncStore(db: Db) {
  return {
    isSynced: async (teamId: number): Promise<boolean> =>
      (await db
        .selectFrom('teamsync')
        .select('team_id')
        .where('team_id', '=', teamId)
        .executeTakeFirst()) !== undefined,

    /** False when the team was not synced. */
    delete: async (teamId: number): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('teamsync')
        .where('team_id', '=', teamId)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
  }
}
