import { m } from '../../paraglide/messages.js'

export type TeamRole = 'admin' | 'creator' | 'member'

export const roleNames = {
  admin: m.organizations_teams_role_admin,
  creator: m.organizations_teams_role_creator,
  member: m.organizations_teams_role_member,
} as const satisfies Record<TeamRole, () => string>
