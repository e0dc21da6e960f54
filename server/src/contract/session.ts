import { z } from 'zod'

import { endpoint } from './endpoint.ts'

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
  body: z.object({
    username: z.string(),
    password: z.string(),
    invite_code: z.string().optional(),
  }),
  responses: { 200: z.object({ success: z.literal(true) }), 403: SignInFailure },
})
