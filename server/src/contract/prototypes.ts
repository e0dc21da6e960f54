import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar, RepositoryRoleName } from './values.ts'

const PrototypeUser = z
  .object({
    name: z.string(),
    is_robot: z.boolean(),
    kind: z.literal('user'),
    is_org_member: z.boolean(),
    avatar: Avatar,
  })
  .meta({ id: 'PrototypeUser' })

const PrototypeTeam = z
  .object({ name: z.string(), kind: z.literal('team'), avatar: Avatar })
  .meta({ id: 'PrototypeTeam' })

export const Prototype = z
  .object({
    id: z.string(),
    role: RepositoryRoleName,
    /** Null: whoever creates the repository. */
    activating_user: PrototypeUser.nullable(),
    delegate: z.union([PrototypeUser, PrototypeTeam]),
  })
  .meta({ id: 'Prototype' })

const admin = { kind: 'organization', role: 'admin' } as const
const common = { area: 'prototypes', rule: admin, scope: 'org:admin' } as const
const path = '/api/v1/organization/{orgname}/prototypes'
const name = z.string().max(512)

export const getOrganizationPrototypePermissions = endpoint({
  ...common,
  method: 'GET',
  path,
  operationId: 'getOrganizationPrototypePermissions',
  summary: 'What new repositories of an organization grant by themselves.',
  responses: { 200: z.object({ prototypes: z.array(Prototype) }) },
})

export const createOrganizationPrototypePermission = endpoint({
  ...common,
  method: 'POST',
  path,
  operationId: 'createOrganizationPrototypePermission',
  summary: 'Adds a default permission; repositories that exist stay as they are.',
  body: z.object({
    role: RepositoryRoleName,
    delegate: z.object({ name, kind: z.enum(['user', 'team']) }),
    activating_user: z.object({ name }).optional(),
  }),
  responses: { 200: Prototype },
})

export const updateOrganizationPrototypePermission = endpoint({
  ...common,
  method: 'PUT',
  path: `${path}/{prototypeid}`,
  operationId: 'updateOrganizationPrototypePermission',
  summary: 'Changes the role of a default permission.',
  body: z.object({ role: RepositoryRoleName }),
  responses: { 200: Prototype },
})

export const deleteOrganizationPrototypePermission = endpoint({
  ...common,
  method: 'DELETE',
  path: `${path}/{prototypeid}`,
  operationId: 'deleteOrganizationPrototypePermission',
  summary: 'Removes a default permission; what it granted stays.',
  responses: { 204: null },
})
