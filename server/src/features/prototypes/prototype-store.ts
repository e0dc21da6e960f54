import type { Generated } from 'kysely'
import type { RepositoryRole } from '../repositories/permission-store.ts'

/** A default permission: what new repositories of an organization grant to whom. */
export interface PermissionPrototypeTable {
  id: Generated<number>
  uuid: string
  org_id: number
  activating_user_id: number | null
  delegate_user_id: number | null
  delegate_team_id: number | null
  role: RepositoryRole
}
