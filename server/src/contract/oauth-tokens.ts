import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { nextPage, nextPageQuery } from './values.ts'

const OAuthApplicationToken = z
  .object({
    uuid: z.string(),
    name: z.string().nullable(),
    scope: z.string(),
    expires_at: z.string(),
    created: z.string(),
    created_by: z.string().nullable(),
    last_accessed: z.string().nullable(),
  })
  .meta({ id: 'OAuthApplicationToken' })

const rule = { kind: 'organization', role: 'admin' } as const
const area = 'oauth-app-tokens'
const path = '/api/v1/organization/{orgname}/applications/{client_id}/tokens'

export const listOrganizationApplicationTokens = endpoint({
  area,
  method: 'GET',
  path,
  operationId: 'listOrganizationApplicationTokens',
  summary: 'The tokens of an OAuth application that have not expired, newest first.',
  rule,
  scope: 'org:admin',
  query: nextPageQuery,
  responses: {
    200: z.object({ tokens: z.array(OAuthApplicationToken), next_page: nextPage }),
  },
})

export const createOrganizationApplicationToken = endpoint({
  area,
  method: 'POST',
  path,
  operationId: 'createOrganizationApplicationToken',
  summary: 'Draws a token of an OAuth application for oneself. It is shown once.',
  rule,
  scope: 'org:admin',
  body: z.object({
    name: z.string().min(1).max(255).describe('What the token is for'),
    scope: z.string().max(1_024).describe('Scopes, separated by spaces or commas'),
    expiration: z
      .number()
      .min(1)
      .optional()
      .describe('Seconds until it expires; ten years, which is the longest, when left out'),
  }),
  responses: { 200: OAuthApplicationToken.extend({ token: z.string() }) },
})

export const deleteOrganizationApplicationToken = endpoint({
  area,
  method: 'DELETE',
  path: `${path}/{token_uuid}`,
  operationId: 'deleteOrganizationApplicationToken',
  summary: 'Takes a token back.',
  rule,
  scope: 'org:admin',
  responses: { 204: null },
})
