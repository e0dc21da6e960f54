import type { Generated } from 'kysely'

export type RepositoryRole = 'read' | 'write' | 'admin'

/** Either `user_id` (people and robots) or `team_id`. */
export interface RepositoryPermissionTable {
  id: Generated<number>
  repository_id: number
  user_id: number | null
  team_id: number | null
  role: RepositoryRole
}
