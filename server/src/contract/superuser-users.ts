import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { quotaKeys } from './quota.ts'
import { Avatar, nextPage, nextPageQuery, queryFlag, queryInteger } from './values.ts'

const superuser = {
  area: 'superuser',
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
} as const

export const UserForSuperuser = z
  .object({
    kind: z.literal('user'),
    name: z.string(),
    username: z.string(),
    email: z.string().nullable(),
    verified: z.boolean(),
    avatar: Avatar,
    super_user: z.boolean(),
    global_readonly_super_user: z.boolean(),
    enabled: z.boolean(),
    encrypted_password: z.string().optional(),
    ...quotaKeys,
  })
  .meta({ id: 'UserForSuperuser' })

const OrganizationForSuperuser = z
  .object({ name: z.string(), email: z.string().nullable(), avatar: Avatar })
  .meta({ id: 'OrganizationForSuperuser' })

const limitQuery = nextPageQuery.extend({
  limit: queryInteger('Limit to the number of results to return per page. Max 100.').optional(),
})
const longText = z.string().max(1024)

export const listAllUsers = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/users/',
  operationId: 'listAllUsers',
  summary: 'All people; without a limit in one answer.',
  rule: { kind: 'superuser' },
  query: limitQuery.extend({
    disabled: queryFlag('If false, only enabled users will be returned.').optional(),
  }),
  responses: { 200: z.object({ users: z.array(UserForSuperuser), next_page: nextPage }) },
})

export const createInstallUser = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/superuser/users/',
  operationId: 'createInstallUser',
  summary: 'Creates an account with a drawn password.',
  rule: { kind: 'superuser' },
  body: z.object({ username: longText, email: longText.nullable().optional() }),
  responses: {
    200: z.object({
      username: z.string(),
      email: z.string().nullable(),
      password: z.string(),
      encrypted_password: z.string(),
    }),
  },
})

export const getInstallUser = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/users/{username}',
  operationId: 'getInstallUser',
  summary: 'One person.',
  rule: { kind: 'superuser' },
  responses: { 200: UserForSuperuser },
})

export const changeInstallUser = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/superuser/users/{username}',
  operationId: 'changeInstallUser',
  summary: "Changes somebody's password or address, or whether the account is enabled.",
  rule: { kind: 'superuser' },
  body: z.object({
    password: longText.optional(),
    email: longText.optional(),
    enabled: z.boolean().optional(),
  }),
  responses: { 200: UserForSuperuser },
})

export const deleteInstallUser = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/superuser/users/{username}',
  operationId: 'deleteInstallUser',
  summary: 'Deletes an account and all that belongs to it.',
  rule: { kind: 'superuser' },
  responses: { 204: null },
})

export const sendInstallUserRecoveryEmail = endpoint({
  ...superuser,
  switches: ['FEATURE_SUPER_USERS', 'FEATURE_MAILING'],
  method: 'POST',
  path: '/api/v1/superusers/users/{username}/sendrecovery',
  operationId: 'sendInstallUserRecoveryEmail',
  summary: 'Sends somebody a link that sets a new password.',
  rule: { kind: 'superuser' },
  internal: true,
  responses: { 200: z.object({ email: z.string() }) },
})

export const takeOwnership = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/superuser/takeownership/{namespace}',
  operationId: 'takeOwnership',
  summary: 'Makes the caller an admin of a namespace; a person becomes an organization.',
  rule: { kind: 'superuser' },
  internal: true,
  responses: { 200: z.object({ namespace: z.string() }) },
})

export const listAllOrganizations = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/organizations/',
  operationId: 'listAllOrganizations',
  summary: 'All organizations; without a limit in one answer.',
  rule: { kind: 'superuser' },
  internal: true,
  query: limitQuery,
  responses: {
    200: z.object({ organizations: z.array(OrganizationForSuperuser), next_page: nextPage }),
  },
})

export const changeOrganization = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/superuser/organizations/{name}',
  operationId: 'changeOrganization',
  summary: 'Renames an organization.',
  rule: { kind: 'superuser' },
  body: z.object({ name: longText.optional() }),
  responses: { 200: OrganizationForSuperuser },
})

export const deleteOrganization = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/superuser/organizations/{name}',
  operationId: 'deleteOrganization',
  summary: 'Deletes an organization and all that belongs to it.',
  rule: { kind: 'superuser' },
  responses: { 204: null },
})
