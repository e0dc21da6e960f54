import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { oauthScopes } from './oauth-scopes.ts'
import { Avatar } from './values.ts'

export const OAuthScopeInformation = z
  .object({
    scope: z.enum(oauthScopes),
    title: z.string(),
    description: z.string(),
    icon: z.string(),
    dangerous: z.boolean(),
  })
  .meta({ id: 'OAuthScopeInformation' })

const application = z.object({
  name: z.string(),
  description: z.string(),
  url: z.string(),
  avatar: Avatar,
  organization: z.object({ name: z.string(), avatar: Avatar }),
})

const UserAuthorization = z
  .object({ uuid: z.string(), application, scopes: z.array(OAuthScopeInformation) })
  .meta({ id: 'UserAuthorization' })

const AssignedAuthorization = z
  .object({
    uuid: z.string(),
    application: application.extend({ clientId: z.string() }),
    scopes: z.array(OAuthScopeInformation),
    redirectUri: z.string(),
    responseType: z.string(),
  })
  .meta({ id: 'AssignedAuthorization' })

const shared = {
  area: 'user-authorizations',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
} as const

export const listUserAuthorizations = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v1/user/authorizations',
  operationId: 'listUserAuthorizations',
  summary: 'The applications that may act for the user.',
  responses: { 200: z.object({ authorizations: z.array(UserAuthorization) }) },
})

export const getUserAuthorization = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v1/user/authorizations/{access_token_uuid}',
  operationId: 'getUserAuthorization',
  summary: 'One authorization of the user.',
  responses: { 200: UserAuthorization },
})

export const deleteUserAuthorization = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v1/user/authorizations/{access_token_uuid}',
  operationId: 'deleteUserAuthorization',
  summary: 'Takes an authorization back.',
  responses: { 204: null },
})

export const listAssignedAuthorizations = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v1/user/assignedauthorization',
  operationId: 'listAssignedAuthorizations',
  summary: 'Tokens that an admin prepared for the user, who has yet to draw them.',
  switches: ['FEATURE_ASSIGN_OAUTH_TOKEN'],
  responses: { 200: z.object({ authorizations: z.array(AssignedAuthorization) }) },
})

export const deleteAssignedAuthorization = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v1/user/assignedauthorization/{assigned_authorization_uuid}',
  operationId: 'deleteAssignedAuthorization',
  summary: 'Declines a token that an admin prepared.',
  switches: ['FEATURE_ASSIGN_OAUTH_TOKEN'],
  responses: { 204: null },
})
