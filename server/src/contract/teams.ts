import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar, queryFlag, RepositoryRoleName, TeamRoleName } from './values.ts'

export const Team = z
  .object({
    name: z.string(),
    /** Markdown. */
    description: z.string(),
    can_view: z.boolean(),
    role: TeamRoleName,
    avatar: Avatar,
    new_team: z.boolean(),
  })
  .meta({ id: 'Team' })

/** Of a team, or of a robot. */
export const HeldPermission = z
  .object({
    repository: z.object({ name: z.string(), is_public: z.boolean() }),
    role: RepositoryRoleName,
  })
  .meta({ id: 'HeldPermission' })

/** A member, or somebody with an account who has been invited. */
export const TeamMember = z
  .object({
    name: z.string(),
    kind: z.literal('user'),
    is_robot: z.boolean(),
    avatar: Avatar,
    invited: z.boolean(),
  })
  .meta({ id: 'TeamMember' })

/** Somebody who has been invited by an e-mail address. */
export const TeamInvite = z
  .object({
    email: z.string(),
    kind: z.literal('invite'),
    avatar: Avatar,
    invited: z.literal(true),
  })
  .meta({ id: 'TeamInvite' })

const common = {
  area: 'teams',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
} as const
const teamPath = '/api/v1/organization/{orgname}/team/{teamname}'

export const updateOrganizationTeam = endpoint({
  ...common,
  method: 'PUT',
  path: teamPath,
  operationId: 'updateOrganizationTeam',
  summary: 'Creates a team, or changes its role and description.',
  body: z.object({ role: TeamRoleName, description: z.string().max(65_536).optional() }),
  responses: { 200: Team },
})

export const deleteOrganizationTeam = endpoint({
  ...common,
  method: 'DELETE',
  path: teamPath,
  operationId: 'deleteOrganizationTeam',
  summary: 'Deletes a team, with its grants.',
  responses: { 204: null },
})

const setUp = {
  ...common,
  rule: { kind: 'handler', who: 'org admin who is superuser, or any when the switch says so' },
  path: `${teamPath}/syncing`,
  switches: ['FEATURE_TEAM_SYNCING'],
  freshLogin: true,
} as const

export const enableOrganizationTeamSync = endpoint({
  ...setUp,
  method: 'POST',
  operationId: 'enableOrganizationTeamSync',
  summary: 'Takes the members of a team from a group of an external directory.',
  body: z.object({
    group_dn: z.string().max(4096).optional(),
    group_id: z.string().max(4096).optional(),
    group_name: z.string().max(4096).optional(),
  }),
  responses: { 200: Team },
})

export const disableOrganizationTeamSync = endpoint({
  ...setUp,
  method: 'DELETE',
  operationId: 'disableOrganizationTeamSync',
  summary: 'Manages the members of a team here again.',
  responses: { 200: Team },
})

export const getOrganizationTeamMembers = endpoint({
  ...common,
  rule: { kind: 'team' },
  method: 'GET',
  path: `${teamPath}/members`,
  operationId: 'getOrganizationTeamMembers',
  summary: 'Who is in a team.',
  query: z.object({
    includePending: queryFlag('Whether to include pending members').optional(),
  }),
  responses: {
    200: z.object({
      name: z.string(),
      members: z.array(z.union([TeamMember, TeamInvite])),
      can_edit: z.boolean(),
    }),
  },
})

export const updateOrganizationTeamMember = endpoint({
  ...common,
  method: 'PUT',
  path: `${teamPath}/members/{membername}`,
  operationId: 'updateOrganizationTeamMember',
  summary: 'Adds a member to a team, or invites it.',
  responses: { 200: TeamMember },
})

export const deleteOrganizationTeamMember = endpoint({
  ...common,
  method: 'DELETE',
  path: `${teamPath}/members/{membername}`,
  operationId: 'deleteOrganizationTeamMember',
  summary: 'Withdraws an invitation to a team, or removes a member.',
  responses: { 204: null },
})

const inviting = { ...common, switches: ['FEATURE_MAILING'] } as const

export const inviteTeamMemberEmail = endpoint({
  ...inviting,
  method: 'PUT',
  path: `${teamPath}/invite/{email}`,
  operationId: 'inviteTeamMemberEmail',
  summary: 'Invites whoever has an e-mail address to a team.',
  responses: { 200: TeamInvite },
})

export const deleteTeamMemberEmailInvite = endpoint({
  ...inviting,
  method: 'DELETE',
  path: `${teamPath}/invite/{email}`,
  operationId: 'deleteTeamMemberEmailInvite',
  summary: 'Withdraws the invitation of an e-mail address.',
  responses: { 204: null },
})

export const getOrganizationTeamPermissions = endpoint({
  ...common,
  method: 'GET',
  path: `${teamPath}/permissions`,
  operationId: 'getOrganizationTeamPermissions',
  summary: 'The repositories that a team has a role on.',
  responses: { 200: z.object({ permissions: z.array(HeldPermission) }) },
})

const answering = {
  area: 'teams',
  path: '/api/v1/teaminvite/{code}',
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_MAILING'],
  internal: true,
} as const

export const acceptOrganizationTeamInvite = endpoint({
  ...answering,
  method: 'PUT',
  operationId: 'acceptOrganizationTeamInvite',
  summary: 'Accepts an invitation, and all others to teams of the same organization.',
  responses: { 200: z.object({ org: z.string(), team: z.string() }) },
})

export const declineOrganizationTeamInvite = endpoint({
  ...answering,
  method: 'DELETE',
  operationId: 'declineOrganizationTeamInvite',
  summary: 'Declines an invitation.',
  responses: { 204: null },
})
