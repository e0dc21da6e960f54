import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Success } from './session.ts'
import { User } from './users.ts'
import { queryInteger, wireDate } from './values.ts'

const longText = z.string().max(1024)
const profileText = z.string().max(255).nullable().optional()

export const getLoggedInUser = endpoint({
  area: 'current-user',
  method: 'GET',
  path: '/api/v1/user/',
  operationId: 'getLoggedInUser',
  summary: 'Who calls.',
  rule: { kind: 'user', always: true },
  scope: 'user:read',
  responses: { 200: User },
})

export const changeUserDetails = endpoint({
  area: 'current-user',
  method: 'PUT',
  path: '/api/v1/user/',
  operationId: 'changeUserDetails',
  summary: 'Changes the password, addresses, the name, the time machine or the profile.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  freshLogin: true,
  internal: true,
  body: z.object({
    password: longText.optional(),
    email: longText.optional(),
    username: longText.optional(),
    invoice_email: z.boolean().optional(),
    invoice_email_address: longText.nullable().optional(),
    tag_expiration_s: z.int().min(0).optional(),
    given_name: profileText,
    family_name: profileText,
    company: profileText,
    location: profileText,
  }),
  responses: { 200: User },
})

export const createNewUser = endpoint({
  area: 'current-user',
  method: 'POST',
  path: '/api/v1/user/',
  operationId: 'createNewUser',
  summary: 'Creates an account and signs it in, unless its address has to be confirmed first.',
  rule: { kind: 'anyone' },
  scope: null,
  switches: ['FEATURE_USER_CREATION', 'FEATURE_DIRECT_LOGIN'],
  internal: true,
  body: z.object({
    username: longText,
    password: longText,
    email: longText.optional(),
    invite_code: longText.optional(),
    recaptcha_response: z.string().max(4096).optional(),
  }),
  responses: { 200: z.union([z.object({ awaiting_verification: z.literal(true) }), User]) },
})

export const deleteCurrentUser = endpoint({
  area: 'current-user',
  method: 'DELETE',
  path: '/api/v1/user/',
  operationId: 'deleteCurrentUser',
  summary: 'Deletes the account and all that belongs to it.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  freshLogin: true,
  internal: true,
  responses: { 204: null },
})

export const generateUserClientKey = endpoint({
  area: 'current-user',
  method: 'POST',
  path: '/api/v1/user/clientkey',
  operationId: 'generateUserClientKey',
  summary: 'The password in a form that only this registry can read, for the files of clients.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  body: z.object({ password: longText }),
  responses: { 200: z.object({ key: z.string() }) },
})

export const convertUserToOrganization = endpoint({
  area: 'current-user',
  method: 'POST',
  path: '/api/v1/user/convert',
  operationId: 'convertUserToOrganization',
  summary: 'Makes the account an organization that another account administers.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  body: z.object({
    adminUser: longText,
    adminPassword: longText,
    plan: longText.nullable().optional(),
  }),
  responses: { 200: Success },
})

export const Notification = z
  .object({
    id: z.string(),
    organization: z.string().nullable(),
    kind: z.string(),
    created: wireDate,
    dismissed: z.boolean(),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Notification' })

export const listUserNotifications = endpoint({
  area: 'current-user',
  method: 'GET',
  path: '/api/v1/user/notifications',
  operationId: 'listUserNotifications',
  summary: 'What the user, or its organizations, were told and did not dismiss; newest first.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  query: z.object({
    page: queryInteger('Offset page number. (int)').optional(),
    limit: queryInteger('Limit on the number of results (int)').optional(),
  }),
  responses: {
    200: z.object({ notifications: z.array(Notification), additional: z.boolean() }),
  },
})

export const getUserNotification = endpoint({
  area: 'current-user',
  method: 'GET',
  path: '/api/v1/user/notifications/{uuid}',
  operationId: 'getUserNotification',
  summary: 'One notification.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  responses: { 200: Notification },
})

export const updateUserNotification = endpoint({
  area: 'current-user',
  method: 'PUT',
  path: '/api/v1/user/notifications/{uuid}',
  operationId: 'updateUserNotification',
  summary: 'Dismisses a notification, or brings it back.',
  rule: { kind: 'user' },
  scope: 'user:admin',
  internal: true,
  body: z.object({ dismissed: z.boolean().optional() }),
  responses: { 200: Notification },
})
