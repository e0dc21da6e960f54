import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { OAuthScopeInformation } from './user-authorizations.ts'
import { queryText } from './values.ts'

const OAuthError = z.object({ error: z.string() }).meta({ id: 'OAuthError' })

const shared = { area: 'web-oauth', scope: null, undocumented: true } as const

const format = queryText('html or json').optional()

/** All are looked at by the handler, which names what is missing as OAuth clients know it. */
const consentQuery = {
  client_id: queryText('The client id of the application').optional(),
  redirect_uri: queryText('Where the answer goes').optional(),
  scope: queryText('What the application may do').optional(),
  response_type: queryText('code or token').optional(),
}

export const requestOAuthAuthorization = endpoint({
  ...shared,
  method: 'GET',
  path: '/oauth/authorize',
  operationId: 'requestOAuthAuthorization',
  summary:
    'Asks the user to let an application act, or answers at once when that was granted before.',
  rule: {
    kind: 'handler',
    who: 'a user with a session or a password: an admin of the organization of the application, or whom such an admin assigned a token',
  },
  basic: true,
  query: z.object({
    ...consentQuery,
    state: queryText('Comes back with the answer').optional(),
    assignment_uuid: queryText('A token that an admin prepared').optional(),
    format,
  }),
  responses: {
    200: z.union([
      z.string(),
      z.object({
        scopes: z.array(OAuthScopeInformation),
        has_dangerous_scopes: z.boolean(),
        application: z.object({
          name: z.string(),
          description: z.string(),
          url: z.string(),
          avatar: z.string(),
          organization: z.object({ name: z.string(), avatar: z.string() }),
        }),
        response_type: z.string(),
        client_id: z.string(),
        redirect_uri: z.string(),
        scope: z.string(),
        csrf_token_val: z.string(),
        state: z.string().nullable(),
        assignment_uuid: z.string().nullable(),
      }),
    ]),
    302: null,
    400: OAuthError,
  },
})

const consentForm = z.object({
  client_id: z.string().max(255).optional(),
  redirect_uri: z.string().max(2_048).optional(),
  response_type: z.string().max(64).optional(),
  scope: z.string().max(1_024).optional(),
  state: z.string().max(4_096).optional(),
  assignment_uuid: z.string().max(64).optional(),
})

export const authorizeOAuthApplication = endpoint({
  ...shared,
  method: 'POST',
  path: '/oauth/authorizeapp',
  operationId: 'authorizeOAuthApplication',
  summary: 'The user agrees.',
  rule: {
    kind: 'handler',
    who: 'as for the question; a user with a password for applications that need not ask',
  },
  basic: true,
  form: true,
  body: consentForm,
  responses: { 302: null, 400: OAuthError },
})

export const denyOAuthApplication = endpoint({
  ...shared,
  method: 'POST',
  path: '/oauth/denyapp',
  operationId: 'denyOAuthApplication',
  summary: 'The user declines.',
  rule: { kind: 'handler', who: 'a user with a session' },
  form: true,
  whileReadOnly: true,
  body: consentForm,
  responses: { 302: null, 400: OAuthError },
})

export const assignOAuthToken = endpoint({
  ...shared,
  method: 'POST',
  path: '/oauth/authorize/assignuser',
  operationId: 'assignOAuthToken',
  summary: 'Prepares a token that somebody else may draw.',
  rule: {
    kind: 'handler',
    who: 'a user with a session who is admin of the organization of the application',
  },
  switches: ['FEATURE_ASSIGN_OAUTH_TOKEN'],
  query: z.object({
    ...consentQuery,
    username: queryText('Who may draw the token').optional(),
    format,
  }),
  responses: { 200: z.union([z.string(), z.object({ message: z.string() })]), 400: OAuthError },
})

export const exchangeOAuthCode = endpoint({
  ...shared,
  method: 'POST',
  path: '/oauth/access_token',
  operationId: 'exchangeOAuthCode',
  summary: 'Gives an application a token for a code.',
  rule: { kind: 'anyone', always: true },
  form: true,
  withoutCsrf: true,
  body: z.object({
    grant_type: z.string().max(64).optional(),
    client_id: z.string().max(255).optional(),
    client_secret: z.string().max(255).optional(),
    redirect_uri: z.string().max(2_048).optional(),
    code: z.string().max(255).optional(),
    scope: z.string().max(1_024).optional(),
  }),
  responses: {
    200: z.object({
      access_token: z.string(),
      token_type: z.literal('Bearer'),
      expires_in: z.int(),
      refresh_token: z.null(),
    }),
    400: OAuthError,
  },
})

export const showLocalOAuthToken = endpoint({
  ...shared,
  method: 'GET',
  path: '/oauth/localapp',
  operationId: 'showLocalOAuthToken',
  summary: 'Shows the token that the user has just drawn.',
  rule: { kind: 'handler', who: 'a user with a session' },
  query: z.object({ format }),
  responses: { 200: z.union([z.string(), z.object({ access_token: z.string().nullable() })]) },
})

export const exchangeRobotToken = endpoint({
  ...shared,
  method: 'GET',
  path: '/oauth2/federation/robot/token',
  operationId: 'exchangeRobotToken',
  summary: 'Gives a robot a password for an hour for a token of an issuer that it trusts.',
  rule: { kind: 'anyone', always: true },
  responses: { 200: z.object({ token: z.string() }), 401: OAuthError },
})
