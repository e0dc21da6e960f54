import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryFlag, wireDate } from './values.ts'

export const AppToken = z
  .object({
    uuid: z.string(),
    title: z.string(),
    last_accessed: wireDate.nullable(),
    created: wireDate,
    expiration: wireDate.nullable(),
    token_code: z.string().optional(),
  })
  .meta({ id: 'AppToken' })

const TokenList = z.object({ tokens: z.array(AppToken), only_expiring: z.boolean().nullable() })
const listQuery = z.object({
  expiring: queryFlag('If true, only returns those tokens expiring soon').optional(),
})

export const listAppTokens = endpoint({
  area: 'app-tokens',
  method: 'GET',
  path: '/api/v1/user/apptoken',
  operationId: 'listAppTokens',
  summary: "The user's tokens for programs, without their secrets.",
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_APP_SPECIFIC_TOKENS'],
  query: listQuery,
  responses: { 200: TokenList },
})

export const createAppToken = endpoint({
  area: 'app-tokens',
  method: 'POST',
  path: '/api/v1/user/apptoken',
  operationId: 'createAppToken',
  summary: 'Draws a token that a program can use in the place of the password.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_APP_SPECIFIC_TOKENS'],
  freshLogin: true,
  body: z.object({ title: z.string().max(255) }),
  responses: { 200: z.object({ token: AppToken }) },
})

export const getAppToken = endpoint({
  area: 'app-tokens',
  method: 'GET',
  path: '/api/v1/user/apptoken/{token_uuid}',
  operationId: 'getAppToken',
  summary: 'One token, with its secret.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_APP_SPECIFIC_TOKENS'],
  freshLogin: true,
  responses: { 200: z.object({ token: AppToken }) },
})

export const revokeAppToken = endpoint({
  area: 'app-tokens',
  method: 'DELETE',
  path: '/api/v1/user/apptoken/{token_uuid}',
  operationId: 'revokeAppToken',
  summary: 'Takes a token back.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_APP_SPECIFIC_TOKENS'],
  freshLogin: true,
  responses: { 204: null },
})

export const listAllAppTokens = endpoint({
  area: 'app-tokens',
  method: 'GET',
  path: '/api/v1/superuser/apptokens',
  operationId: 'listAllAppTokens',
  summary: 'The tokens of everybody, without their secrets.',
  rule: { kind: 'superuser', fullAccess: true },
  scope: 'super:user',
  switches: ['FEATURE_APP_SPECIFIC_TOKENS', 'FEATURE_SUPER_USERS'],
  freshLogin: true,
  query: listQuery,
  responses: { 200: TokenList },
})
