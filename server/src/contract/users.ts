import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { quotaKeys } from './quota.ts'
import { Avatar } from './values.ts'

export const Prompt = z.enum(['confirm_username', 'enter_name', 'enter_company'])

const OrganizationOfUser = z
  .object({
    name: z.string(),
    avatar: Avatar,
    can_create_repo: z.boolean(),
    public: z.boolean(),
    is_org_admin: z.boolean().optional(),
    preferred_namespace: z.boolean().optional(),
  })
  .meta({ id: 'OrganizationOfUser' })

/** Of other people only the first three; a token with `user:read` sees its organizations besides. */
export const User = z
  .object({
    anonymous: z.literal(false),
    username: z.string(),
    avatar: Avatar,
    can_create_repo: z.boolean().optional(),
    is_me: z.boolean().optional(),
    verified: z.boolean().optional(),
    email: z.string().nullable().optional(),
    logins: z
      .array(
        z.object({
          service: z.string(),
          service_identifier: z.string(),
          metadata: z.record(z.string(), z.unknown()),
        }),
      )
      .optional(),
    invoice_email: z.boolean().optional(),
    invoice_email_address: z.string().nullable().optional(),
    preferred_namespace: z.boolean().optional(),
    tag_expiration_s: z.int().optional(),
    prompts: z.array(Prompt).optional(),
    company: z.string().nullable().optional(),
    family_name: z.string().nullable().optional(),
    given_name: z.string().nullable().optional(),
    location: z.string().nullable().optional(),
    is_free_account: z.boolean().optional(),
    has_password_set: z.boolean().optional(),
    ...quotaKeys,
    organizations: z.array(OrganizationOfUser).optional(),
    super_user: z.boolean().optional(),
    global_readonly_super_user: z.boolean().optional(),
  })
  .meta({ id: 'User' })

export const getUserInformation = endpoint({
  area: 'users',
  method: 'GET',
  path: '/api/v1/users/{username}',
  operationId: 'getUserInformation',
  summary: 'What everybody may know of a person.',
  rule: { kind: 'anyone' },
  scope: null,
  responses: { 200: User },
})

export const requestRecoveryEmail = endpoint({
  area: 'users',
  method: 'POST',
  path: '/api/v1/recovery',
  operationId: 'requestRecoveryEmail',
  summary: 'Sends a link that lets somebody in who forgot the password.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_MAILING'],
  internal: true,
  body: z.object({
    email: z.string().max(254),
    recaptcha_response: z.string().max(4096).optional(),
  }),
  responses: {
    200: z.union([
      z.object({ status: z.literal('sent') }),
      z.object({ status: z.literal('org'), orgemail: z.string(), orgname: z.string() }),
    ]),
  },
})

export const initializeUser = endpoint({
  area: 'initialize',
  method: 'POST',
  path: '/api/v1/user/initialize',
  operationId: 'initializeUser',
  summary: 'Creates the first account.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches: ['FEATURE_USER_INITIALIZE'],
  undocumented: true,
  withoutCsrf: true,
  body: z.object({
    username: z.string().max(1024),
    password: z.string().max(1024),
    email: z.string().max(1024).nullable().optional(),
    access_token: z.boolean().optional(),
  }),
  responses: {
    200: z.object({
      username: z.string(),
      email: z.string().nullable(),
      encrypted_password: z.string(),
      access_token: z.string().optional(),
    }),
  },
})
