import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { listPage, listQuery } from './interface-list.ts'
import { Prototype } from './prototypes.ts'
import { Avatar, queryText, RepositoryRoleName, TeamRoleName, wireDate } from './values.ts'

const member = {
  area: 'interface',
  method: 'GET',
  rule: { kind: 'organization', role: 'member' },
  scope: 'org:admin',
} as const
const admin = { ...member, rule: { kind: 'organization', role: 'admin' } } as const
const base = '/api/v1/mooring/organization/{orgname}'

const teamColumns = ['name', 'members', 'repositories', 'role'] as const

export const TeamRow = z
  .object({
    name: z.string(),
    description: z.string(),
    avatar: Avatar,
    role: TeamRoleName,
    members: z.int(),
    repositories: z.int(),
    /** Whether a directory says who is in it. */
    is_synced: z.boolean(),
    /** Whether the caller may see who is in it. */
    can_view: z.boolean(),
  })
  .meta({ id: 'TeamRow' })

export const listTeamRows = endpoint({
  ...member,
  path: `${base}/teams`,
  operationId: 'listTeamRows',
  summary: 'The teams of an organization, a page at a time.',
  query: z.object({
    ...listQuery(teamColumns),
    role: TeamRoleName.describe('Only teams with this role').optional(),
  }),
  responses: { 200: listPage(TeamRow, teamColumns) },
})

const memberColumns = ['name', 'repositories'] as const

const people = {
  name: z.string(),
  kind: z.enum(['user', 'robot']),
  avatar: Avatar,
  /** On how many repositories it has a role of its own, and some of them. */
  repositories: z.int(),
  repository_names: z.array(z.string()),
}

export const MemberRow = z
  .object({ ...people, teams: z.array(z.object({ name: z.string(), avatar: Avatar })) })
  .meta({ id: 'MemberRow' })

export const listMemberRows = endpoint({
  ...admin,
  path: `${base}/members`,
  operationId: 'listMemberRows',
  summary: 'The people who are in a team of an organization, a page at a time.',
  query: z.object({
    ...listQuery(memberColumns),
    team: queryText('Only the people of this team').optional(),
  }),
  responses: { 200: listPage(MemberRow, memberColumns) },
})

export const CollaboratorRow = z.object(people).meta({ id: 'CollaboratorRow' })

export const listCollaboratorRows = endpoint({
  ...admin,
  path: `${base}/collaborators`,
  operationId: 'listCollaboratorRows',
  summary: 'Whoever has a role on repositories of an organization but is in none of its teams.',
  query: z.object(listQuery(memberColumns)),
  responses: { 200: listPage(CollaboratorRow, memberColumns) },
})

const robotColumns = ['name', 'created', 'last_accessed', 'teams', 'repositories'] as const

export const RobotRow = z
  .object({
    /** `namespace+name` */
    name: z.string(),
    description: z.string(),
    avatar: Avatar,
    created: wireDate,
    last_accessed: wireDate.nullable(),
    is_enabled: z.boolean(),
    teams: z.int(),
    repositories: z.int(),
  })
  .meta({ id: 'RobotRow' })

const robots = {
  query: z.object(listQuery(robotColumns)),
  responses: { 200: listPage(RobotRow, robotColumns) },
}

export const listOrganizationRobotRows = endpoint({
  ...admin,
  ...robots,
  path: `${base}/robots`,
  operationId: 'listOrganizationRobotRows',
  summary: 'The robots of an organization, a page at a time.',
})

export const listUserRobotRows = endpoint({
  ...robots,
  area: 'interface',
  method: 'GET',
  path: '/api/v1/mooring/user/robots',
  operationId: 'listUserRobotRows',
  summary: 'The robots of the caller, a page at a time.',
  rule: { kind: 'user' },
  scope: 'user:admin',
})

const prototypeColumns = ['creator', 'delegate', 'role'] as const

export const listPrototypeRows = endpoint({
  ...admin,
  path: `${base}/prototypes`,
  operationId: 'listPrototypeRows',
  summary: 'The default permissions of an organization, a page at a time.',
  query: z.object({
    ...listQuery(prototypeColumns),
    role: RepositoryRoleName.describe('Only those that grant this role').optional(),
  }),
  responses: { 200: listPage(Prototype, prototypeColumns) },
})
