import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar, RepositoryRoleName } from './values.ts'

export const UserPermission = z
  .object({
    role: RepositoryRoleName,
    name: z.string(),
    is_robot: z.boolean(),
    avatar: Avatar,
    is_org_member: z.boolean().optional(),
  })
  .meta({ id: 'UserPermission' })

export const TeamPermission = z
  .object({ role: RepositoryRoleName, name: z.string(), avatar: Avatar })
  .meta({ id: 'TeamPermission' })

const admin = { kind: 'repository', role: 'admin' } as const
const common = { area: 'permissions', rule: admin, scope: 'repo:admin' } as const
const base = '/api/v1/repository/{repository}/permissions'
const role = z.object({ role: RepositoryRoleName })

export const listRepoTeamPermissions = endpoint({
  ...common,
  method: 'GET',
  path: `${base}/team/`,
  operationId: 'listRepoTeamPermissions',
  summary: 'The teams that have a role on a repository.',
  responses: { 200: z.object({ permissions: z.record(z.string(), TeamPermission) }) },
})

export const listRepoUserPermissions = endpoint({
  ...common,
  method: 'GET',
  path: `${base}/user/`,
  operationId: 'listRepoUserPermissions',
  summary: 'The people and robots that have a role of their own on a repository.',
  responses: { 200: z.object({ permissions: z.record(z.string(), UserPermission) }) },
})

export const getUserTransitivePermission = endpoint({
  ...common,
  method: 'GET',
  path: `${base}/user/{username}/transitive`,
  operationId: 'getUserTransitivePermission',
  summary: 'Every role of an account on a repository, its own and those of its teams.',
  responses: { 200: z.object({ permissions: z.array(role) }) },
})

export const getUserPermissions = endpoint({
  ...common,
  method: 'GET',
  path: `${base}/user/{username}`,
  operationId: 'getUserPermissions',
  summary: 'The role of its own that an account has on a repository.',
  responses: { 200: UserPermission },
})

export const changeUserPermissions = endpoint({
  ...common,
  method: 'PUT',
  path: `${base}/user/{username}`,
  operationId: 'changeUserPermissions',
  summary: 'Gives an account a role on a repository.',
  body: role,
  responses: { 200: UserPermission },
})

export const deleteUserPermissions = endpoint({
  ...common,
  method: 'DELETE',
  path: `${base}/user/{username}`,
  operationId: 'deleteUserPermissions',
  summary: "Takes an account's role on a repository away.",
  responses: { 204: null },
})

export const getTeamPermissions = endpoint({
  ...common,
  method: 'GET',
  path: `${base}/team/{teamname}`,
  operationId: 'getTeamPermissions',
  summary: 'The role that a team has on a repository.',
  responses: { 200: role },
})

export const changeTeamPermissions = endpoint({
  ...common,
  method: 'PUT',
  path: `${base}/team/{teamname}`,
  operationId: 'changeTeamPermissions',
  summary: 'Gives a team a role on a repository.',
  body: role,
  responses: { 200: TeamPermission },
})

export const deleteTeamPermissions = endpoint({
  ...common,
  method: 'DELETE',
  path: `${base}/team/{teamname}`,
  operationId: 'deleteTeamPermissions',
  summary: "Takes a team's role on a repository away.",
  responses: { 204: null },
})
