import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { BulkResult, bulkAtMost, listPage, listQuery } from './interface-list.ts'
import { queryFlag, queryText, wireDate } from './values.ts'

const area = 'interface'
const visibility = z.enum(['public', 'private'])
const state = z.enum(['NORMAL', 'READ_ONLY', 'MIRROR', 'ORG_MIRROR'])
const columns = ['name', 'last_modified', 'size', 'popularity', 'state', 'visibility'] as const

export const RepositoryRow = z
  .object({
    namespace: z.string(),
    name: z.string(),
    /** Its first line, shortened. */
    description: z.string().nullable(),
    visibility,
    state,
    /** What the caller may do with it. */
    role: z.enum(['none', 'read', 'write', 'admin']),
    is_starred: z.boolean(),
    created: wireDate,
    /** When the newest of its tags was set; null without tags. */
    last_modified: wireDate.nullable(),
    popularity: z.number(),
    /** Null where nothing counts it. */
    size_bytes: z.int().nullable(),
    quota_bytes: z.int().nullable(),
  })
  .meta({ id: 'RepositoryRow' })

export const listRepositoryRows = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/mooring/repositories',
  operationId: 'listRepositoryRows',
  summary: 'The repositories that the caller sees, of all namespaces or of one, a page at a time.',
  rule: { kind: 'anyone' },
  scope: 'repo:read',
  query: z.object({
    ...listQuery(columns),
    namespace: queryText('Only the repositories of this namespace').optional(),
    visibility: visibility.describe('Only public, or only private ones').optional(),
    state: state.describe('Only repositories in this state').optional(),
    starred: queryFlag('Only those that the caller has starred').optional(),
  }),
  responses: { 200: listPage(RepositoryRow, columns) },
})

export const changeRepositories = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/mooring/repositories/bulk',
  operationId: 'changeRepositories',
  summary: 'Deletes repositories or changes who sees them; each as if it were the only one.',
  rule: { kind: 'user' },
  scope: 'repo:admin',
  body: z.object({
    action: z.enum(['delete', 'make_public', 'make_private']),
    /** `namespace/name` */
    repositories: z.array(z.string().max(1_024)).max(bulkAtMost),
  }),
  responses: { 200: z.object({ results: z.array(BulkResult) }) },
})
