import type { Generated } from 'kysely'

export type TeamRole = 'member' | 'creator' | 'admin'

export interface TeamTable {
  id: Generated<number>
  organization_id: number
  name: string
  role: TeamRole
  description: Generated<string>
}

export interface TeamMemberTable {
  team_id: number
  user_id: number
}
