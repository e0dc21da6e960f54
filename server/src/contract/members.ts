import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar } from './values.ts'

export const OrganizationMember = z
  .object({
    name: z.string(),
    kind: z.enum(['user', 'robot']),
    avatar: Avatar,
    teams: z.array(z.object({ name: z.string(), avatar: Avatar })),
    /** Those that the member itself, not a team, has a role on. */
    repositories: z.array(z.string()),
  })
  .meta({ id: 'OrganizationMember' })

const common = {
  area: 'members',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
} as const
const path = '/api/v1/organization/{orgname}/members'

export const getOrganizationMembers = endpoint({
  ...common,
  method: 'GET',
  path,
  operationId: 'getOrganizationMembers',
  summary: 'The people who are in a team of an organization.',
  responses: { 200: z.object({ members: z.array(OrganizationMember) }) },
})

export const getOrganizationMember = endpoint({
  ...common,
  method: 'GET',
  path: `${path}/{membername}`,
  operationId: 'getOrganizationMember',
  summary: 'One member of an organization, or one of its robots.',
  responses: { 200: OrganizationMember },
})

export const removeOrganizationMember = endpoint({
  ...common,
  method: 'DELETE',
  path: `${path}/{membername}`,
  operationId: 'removeOrganizationMember',
  summary: 'Takes somebody out of all teams of an organization, and off its repositories.',
  responses: { 204: null },
})
