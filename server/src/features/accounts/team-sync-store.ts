import type { Instant } from '../../platform/clock.ts'

/** A team whose members come from a group of an external directory. */
export interface TeamSyncTable {
  team_id: number
  service: string
  config_json: string
  last_updated: Instant | null
}
