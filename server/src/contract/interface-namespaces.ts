import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { listPage, listQuery } from './interface-list.ts'
import { Avatar, wireDate } from './values.ts'

const kind = z.enum(['organization', 'user'])
const columns = ['name', 'kind', 'repositories', 'members', 'robots', 'size'] as const

export const NamespaceRow = z
  .object({
    name: z.string(),
    kind,
    avatar: Avatar,
    /** Whether it is the caller's own. */
    is_own: z.boolean(),
    role: z.enum(['none', 'member', 'creator', 'admin']),
    repositories: z.int(),
    /** Null for people, who have none. */
    teams: z.int().nullable(),
    members: z.int().nullable(),
    robots: z.int(),
    /** Null without tags, and where there is too much to look through for a list. */
    last_modified: wireDate.nullable(),
    size_bytes: z.int().nullable(),
    quota_bytes: z.int().nullable(),
    backfill_status: z.enum(['', 'waiting', 'running', 'complete']),
    /** The keys from here on are for superusers only. */
    email: z.string().nullable().optional(),
    enabled: z.boolean().optional(),
    verified: z.boolean().optional(),
    super_user: z.boolean().optional(),
    global_readonly_super_user: z.boolean().optional(),
  })
  .meta({ id: 'NamespaceRow' })

export const listNamespaceRows = endpoint({
  area: 'interface',
  method: 'GET',
  path: '/api/v1/mooring/namespaces',
  operationId: 'listNamespaceRows',
  summary:
    "The caller's own namespace and organizations; every organization and person for superusers.",
  rule: { kind: 'user' },
  scope: 'user:read',
  query: z.object({
    ...listQuery(columns),
    kind: kind.describe('Only organizations, or only people').optional(),
  }),
  responses: { 200: listPage(NamespaceRow, columns) },
})
