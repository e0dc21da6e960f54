import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Organization } from './organizations.ts'
import { Avatar } from './values.ts'

export const OAuthApplication = z
  .object({
    name: z.string(),
    description: z.string(),
    application_uri: z.string(),
    client_id: z.string(),
    client_secret: z.string().nullable(),
    redirect_uri: z.string().nullable(),
    avatar_email: z.string().nullable(),
  })
  .meta({ id: 'OAuthApplication' })

const name = z.string().max(255).describe('The name of the application')
const uri = z.string().max(2_048)
const description = z.string().max(65_536).describe('What the application is for')
const avatarEmail = z.string().max(254).describe('The e-mail address that gives it its picture')

const rule = { kind: 'organization', role: 'admin' } as const
const area = 'oauth-applications'
const path = '/api/v1/organization/{orgname}/applications'

export const getApplicationInformation = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/app/{client_id}',
  operationId: 'getApplicationInformation',
  summary: 'What everybody may know of an application.',
  rule: { kind: 'anyone' },
  scope: null,
  responses: {
    200: z.object({
      name: z.string(),
      description: z.string(),
      uri: z.string(),
      avatar: Avatar,
      organization: Organization,
    }),
  },
})

export const getOrganizationApplications = endpoint({
  area,
  method: 'GET',
  path,
  operationId: 'getOrganizationApplications',
  summary: 'The OAuth applications of an organization.',
  rule,
  scope: 'org:admin',
  responses: { 200: z.object({ applications: z.array(OAuthApplication) }) },
})

export const createOrganizationApplication = endpoint({
  area,
  method: 'POST',
  path,
  operationId: 'createOrganizationApplication',
  summary: 'Creates an OAuth application.',
  rule,
  scope: 'org:admin',
  body: z.object({
    name,
    redirect_uri: uri.optional(),
    application_uri: uri.optional(),
    description: description.optional(),
    avatar_email: avatarEmail.optional(),
  }),
  responses: { 200: OAuthApplication },
})

export const getOrganizationApplication = endpoint({
  area,
  method: 'GET',
  path: `${path}/{client_id}`,
  operationId: 'getOrganizationApplication',
  summary: 'One OAuth application.',
  rule,
  scope: 'org:admin',
  responses: { 200: OAuthApplication },
})

export const updateOrganizationApplication = endpoint({
  area,
  method: 'PUT',
  path: `${path}/{client_id}`,
  operationId: 'updateOrganizationApplication',
  summary: 'Changes an OAuth application; what is left out is emptied.',
  rule,
  scope: 'org:admin',
  body: z.object({
    name,
    redirect_uri: uri,
    application_uri: uri,
    description: description.optional(),
    avatar_email: avatarEmail.optional(),
  }),
  responses: { 200: OAuthApplication },
})

export const deleteOrganizationApplication = endpoint({
  area,
  method: 'DELETE',
  path: `${path}/{client_id}`,
  operationId: 'deleteOrganizationApplication',
  summary: 'Deletes an OAuth application and every token that was drawn with it.',
  rule,
  scope: 'org:admin',
  responses: { 204: null },
})

export const resetOrganizationApplicationClientSecret = endpoint({
  area,
  method: 'POST',
  path: `${path}/{client_id}/resetclientsecret`,
  operationId: 'resetOrganizationApplicationClientSecret',
  summary: 'Replaces the client secret of an OAuth application.',
  rule,
  scope: 'org:admin',
  internal: true,
  responses: { 200: OAuthApplication },
})
