import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { quotaKeys } from './quota.ts'
import { Avatar, TeamRoleName } from './values.ts'

const OrganizationTeam = z
  .object({
    name: z.string(),
    description: z.string(),
    role: TeamRoleName,
    avatar: Avatar,
    can_view: z.boolean(),
    repo_count: z.int(),
    member_count: z.int(),
    is_synced: z.boolean(),
  })
  .meta({ id: 'OrganizationTeam' })

export const Organization = z
  .object({
    name: z.string(),
    /** Empty for those who are no admins. */
    email: z.string(),
    avatar: Avatar,
    is_admin: z.boolean(),
    is_member: z.boolean(),
    /** For members. */
    teams: z.record(z.string(), OrganizationTeam).optional(),
    /** In the order of their making. */
    ordered_teams: z.array(z.string()).optional(),
    ...quotaKeys,
    /** From here on for admins. */
    invoice_email: z.boolean().optional(),
    invoice_email_address: z.string().nullable().optional(),
    tag_expiration_s: z.int().optional(),
    is_free_account: z.boolean().optional(),
  })
  .meta({ id: 'Organization' })

const address = z.string().max(1024)

export const createOrganization = endpoint({
  area: 'organizations',
  method: 'POST',
  path: '/api/v1/organization/',
  operationId: 'createOrganization',
  summary: 'Creates an organization, whose first owner is the caller.',
  rule: { kind: 'handler', who: 'logged-in user, unless restricted; maybe superusers only' },
  scope: 'user:admin',
  body: z.object({
    name: z.string().max(1024),
    email: address.optional(),
    /** Instead of `email`. */
    contact_email: address.nullable().optional(),
  }),
  responses: { 201: z.literal('Created') },
})

const path = '/api/v1/organization/{orgname}'
const admin = { kind: 'organization', role: 'admin' } as const

export const getOrganization = endpoint({
  area: 'organizations',
  method: 'GET',
  path,
  operationId: 'getOrganization',
  summary: 'An organization: more of it for its members, all for its admins.',
  rule: { kind: 'anyone' },
  scope: null,
  responses: { 200: Organization },
})

export const changeOrganizationDetails = endpoint({
  area: 'organizations',
  method: 'PUT',
  path,
  operationId: 'changeOrganizationDetails',
  summary: 'Changes the address, the invoices and the time machine of an organization.',
  rule: admin,
  scope: 'org:admin',
  body: z.object({
    email: address.optional(),
    /** Instead of `email`; null or nothing takes the address away. */
    contact_email: address.nullable().optional(),
    invoice_email: z.boolean().optional(),
    invoice_email_address: address.nullable().optional(),
    tag_expiration_s: z.int().min(0).optional(),
  }),
  responses: { 200: Organization },
})

export const deleteAdminedOrganization = endpoint({
  area: 'organizations',
  method: 'DELETE',
  path,
  operationId: 'deleteAdminedOrganization',
  summary: 'Deletes an organization with all that it holds.',
  rule: admin,
  scope: 'org:admin',
  freshLogin: true,
  responses: { 204: null },
})

export const getOrganizationCollaborators = endpoint({
  area: 'organizations',
  method: 'GET',
  path: `${path}/collaborators`,
  operationId: 'getOrganizationCollaborators',
  summary: 'Who is in no team, but has a role on repositories of an organization.',
  rule: admin,
  scope: 'org:admin',
  responses: {
    200: z.object({
      collaborators: z.array(
        z.object({
          kind: z.literal('user'),
          name: z.string(),
          avatar: Avatar,
          repositories: z.array(z.string()),
        }),
      ),
    }),
  },
})
