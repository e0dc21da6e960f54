import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { HeldPermission } from './teams.ts'
import { Avatar, queryFlag, queryInteger, wireDate } from './values.ts'

const basics = {
  name: z.string(),
  created: wireDate,
  last_accessed: wireDate.nullable(),
  description: z.string(),
}
const metadata = z.record(z.string(), z.unknown())

export const Robot = z
  .object({
    ...basics,
    unstructured_metadata: metadata,
    /** Left out for global read-only superusers. */
    token: z.string().optional(),
  })
  .meta({ id: 'Robot' })

export const RegeneratedRobot = z
  .object({ ...basics, token: z.string() })
  .meta({ id: 'RegeneratedRobot' })

export const ListedRobot = z
  .object({
    ...basics,
    token: z.string().optional(),
    teams: z.array(z.object({ name: z.string(), avatar: Avatar })).optional(),
    repositories: z.array(z.string()).optional(),
  })
  .meta({ id: 'ListedRobot' })

export const RobotFederation = z
  .array(z.object({ issuer: z.string(), subject: z.string() }))
  .meta({ id: 'RobotFederation' })

const listQuery = z.object({
  permissions: queryFlag('Whether to include repositories and teams').optional(),
  token: queryFlag("Whether to include the robots' tokens").optional(),
  limit: queryInteger('How many robots to list at most').optional(),
})
const newRobot = z.object({
  description: z.string().max(255).optional(),
  unstructured_metadata: metadata.optional(),
})
/** What is missing or empty is told in words of its own. */
const federationEntry = z.object({
  issuer: z.string().max(2048).optional(),
  subject: z.string().max(2048).optional(),
})
const newFederation = z.array(federationEntry).max(1000)
const robots = z.object({ robots: z.array(ListedRobot) })
const permissions = z.object({ permissions: z.array(HeldPermission) })

const userPath = '/api/v1/user/robots'
const userRobot = `${userPath}/{robot_shortname}` as const
const reading = { area: 'robots', rule: { kind: 'user' }, scope: 'user:admin' } as const
const writing = {
  area: 'robots',
  rule: { kind: 'user', unrestricted: true },
  scope: 'user:admin',
} as const

export const getUserRobots = endpoint({
  ...reading,
  method: 'GET',
  path: userPath,
  operationId: 'getUserRobots',
  summary: 'The robots of the caller.',
  query: listQuery,
  responses: { 200: robots },
})

export const getUserRobot = endpoint({
  ...reading,
  method: 'GET',
  path: userRobot,
  operationId: 'getUserRobot',
  summary: 'One robot of the caller, with its token.',
  responses: { 200: Robot },
})

export const createUserRobot = endpoint({
  ...writing,
  method: 'PUT',
  path: userRobot,
  operationId: 'createUserRobot',
  summary: 'Creates a robot of the caller.',
  body: newRobot,
  bodyOptional: true,
  responses: { 201: Robot },
})

export const deleteUserRobot = endpoint({
  ...writing,
  method: 'DELETE',
  path: userRobot,
  operationId: 'deleteUserRobot',
  summary: 'Deletes a robot of the caller, with its grants.',
  responses: { 204: null },
})

export const getUserRobotPermissions = endpoint({
  ...reading,
  method: 'GET',
  path: `${userRobot}/permissions`,
  operationId: 'getUserRobotPermissions',
  summary: 'The repositories that a robot of the caller has a role on.',
  responses: { 200: permissions },
})

export const regenerateUserRobotToken = endpoint({
  ...writing,
  method: 'POST',
  path: `${userRobot}/regenerate`,
  operationId: 'regenerateUserRobotToken',
  summary: 'Gives a robot of the caller a new token; the old one is void.',
  responses: { 200: RegeneratedRobot },
})

export const getUserRobotFederation = endpoint({
  ...reading,
  method: 'GET',
  path: `${userRobot}/federation`,
  operationId: 'getUserRobotFederation',
  summary: 'Whose tokens a robot of the caller may log in with.',
  responses: { 200: RobotFederation },
})

export const createUserRobotFederation = endpoint({
  ...writing,
  method: 'POST',
  path: `${userRobot}/federation`,
  operationId: 'createUserRobotFederation',
  summary: 'Replaces whose tokens a robot of the caller may log in with.',
  body: newFederation,
  responses: { 200: RobotFederation },
})

export const deleteUserRobotFederation = endpoint({
  ...writing,
  method: 'DELETE',
  path: `${userRobot}/federation`,
  operationId: 'deleteUserRobotFederation',
  summary: 'Lets a robot of the caller log in with its own token only.',
  responses: { 204: null },
})

const orgPath = '/api/v1/organization/{orgname}/robots'
const orgRobot = `${orgPath}/{robot_shortname}` as const
const administering = {
  area: 'robots',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
} as const

export const getOrgRobots = endpoint({
  ...administering,
  rule: { kind: 'organization', role: 'member' },
  method: 'GET',
  path: orgPath,
  operationId: 'getOrgRobots',
  summary: 'The robots of an organization; their tokens for its admins only.',
  query: listQuery,
  responses: { 200: robots },
})

export const getOrgRobot = endpoint({
  ...administering,
  method: 'GET',
  path: orgRobot,
  operationId: 'getOrgRobot',
  summary: 'One robot of an organization, with its token.',
  responses: { 200: Robot },
})

export const createOrgRobot = endpoint({
  ...administering,
  method: 'PUT',
  path: orgRobot,
  operationId: 'createOrgRobot',
  summary: 'Creates a robot of an organization.',
  body: newRobot,
  bodyOptional: true,
  responses: { 201: Robot },
})

export const deleteOrgRobot = endpoint({
  ...administering,
  method: 'DELETE',
  path: orgRobot,
  operationId: 'deleteOrgRobot',
  summary: 'Deletes a robot of an organization, with its grants.',
  responses: { 204: null },
})

export const getOrgRobotPermissions = endpoint({
  ...administering,
  scope: 'user:admin',
  method: 'GET',
  path: `${orgRobot}/permissions`,
  operationId: 'getOrgRobotPermissions',
  summary: 'The repositories that a robot of an organization has a role on.',
  responses: { 200: permissions },
})

export const regenerateOrgRobotToken = endpoint({
  ...administering,
  method: 'POST',
  path: `${orgRobot}/regenerate`,
  operationId: 'regenerateOrgRobotToken',
  summary: 'Gives a robot of an organization a new token; the old one is void.',
  responses: { 200: RegeneratedRobot },
})

export const getOrgRobotFederation = endpoint({
  ...administering,
  method: 'GET',
  path: `${orgRobot}/federation`,
  operationId: 'getOrgRobotFederation',
  summary: 'Whose tokens a robot of an organization may log in with.',
  responses: { 200: RobotFederation },
})

export const createOrgRobotFederation = endpoint({
  ...administering,
  method: 'POST',
  path: `${orgRobot}/federation`,
  operationId: 'createOrgRobotFederation',
  summary: 'Replaces whose tokens a robot of an organization may log in with.',
  body: newFederation,
  responses: { 200: RobotFederation },
})

export const deleteOrgRobotFederation = endpoint({
  ...administering,
  method: 'DELETE',
  path: `${orgRobot}/federation`,
  operationId: 'deleteOrgRobotFederation',
  summary: 'Lets a robot of an organization log in with its own token only.',
  responses: { 204: null },
})
