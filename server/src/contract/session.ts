import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryText } from './values.ts'

const longText = z.string().max(1024)

export const Success = z.object({ success: z.literal(true) })

export const getCsrfToken = endpoint({
  area: 'session',
  method: 'GET',
  path: '/csrf_token',
  operationId: 'getCsrfToken',
  summary:
    'The token that writes of this session have to repeat; starts a session when there is none.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  undocumented: true,
  responses: { 200: z.object({ csrf_token: z.string() }) },
})

const codeQuery = z.object({ code: queryText('The code of the mail').optional() })

export const confirmEmail = endpoint({
  area: 'session',
  method: 'GET',
  path: '/confirm',
  operationId: 'confirmEmail',
  summary: 'The link of a mail that asks for the confirmation of an address; signs its user in.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_MAILING'],
  undocumented: true,
  query: codeQuery,
  responses: { 302: null },
})

export const recoverAccount = endpoint({
  area: 'session',
  method: 'GET',
  path: '/recovery',
  operationId: 'recoverAccount',
  summary: 'The link of a mail that lets somebody in who forgot the password.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_MAILING'],
  undocumented: true,
  query: codeQuery,
  responses: { 302: null },
})

const SignInFailure = z.object({
  needsEmailVerification: z.boolean(),
  invalidCredentials: z.boolean(),
  message: z.string().nullable(),
})

export const signinUser = endpoint({
  area: 'signin',
  method: 'POST',
  path: '/api/v1/signin',
  operationId: 'signinUser',
  summary: 'Starts a session with a user name, or an e-mail address, and a password.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_DIRECT_LOGIN'],
  internal: true,
  whileReadOnly: true,
  body: z.object({ username: longText, password: longText, invite_code: longText.optional() }),
  responses: { 200: Success, 403: SignInFailure },
})

export const recoverWithCode = endpoint({
  area: 'mooring',
  method: 'POST',
  path: '/api/v1/mooring/recovery',
  operationId: 'recoverWithCode',
  summary: 'Sets a new password with a code of the recovery kit, ends all sessions and starts one.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_DIRECT_LOGIN'],
  internal: true,
  body: z.object({ username: longText, code: longText, newPassword: longText }),
  responses: {
    200: Success,
    403: z.object({ message: z.string(), invalidCredentials: z.boolean() }),
  },
})

export const verifyUser = endpoint({
  area: 'signin',
  method: 'POST',
  path: '/api/v1/signin/verify',
  operationId: 'verifyUser',
  summary: 'Enters the password again, for calls that want it fresh.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  whileReadOnly: true,
  body: z.object({ password: longText }),
  responses: {
    200: Success,
    403: z.object({ message: z.string(), invalidCredentials: z.boolean() }),
  },
})

export const logout = endpoint({
  area: 'signin',
  method: 'POST',
  path: '/api/v1/signout',
  operationId: 'logout',
  summary: 'Ends all sessions of the user.',
  rule: { kind: 'anyone' },
  scope: null,
  internal: true,
  responses: { 200: Success },
})

export const retrieveExternalLoginAuthorizationUrl = endpoint({
  area: 'signin',
  method: 'POST',
  path: '/api/v1/externallogin/{service_id}',
  operationId: 'retrieveExternalLoginAuthorizationUrl',
  summary: 'Where a login with an external service begins.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  internal: true,
  whileReadOnly: true,
  body: z.object({ kind: z.enum(['login', 'attach', 'cli']) }),
  responses: { 200: z.object({ auth_url: z.string() }) },
})

export const detachExternalLogin = endpoint({
  area: 'signin',
  method: 'POST',
  path: '/api/v1/detachexternal/{service_id}',
  operationId: 'detachExternalLogin',
  summary: 'Forgets the login with an external service.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  switches: ['FEATURE_DIRECT_LOGIN'],
  internal: true,
  responses: { 200: Success },
})
