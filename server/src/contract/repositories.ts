import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { RepositoryQuotaReport } from './quota.ts'
import { nextPage, nextPageQuery, queryFlag, queryText, wireDate } from './values.ts'

const visibility = z.enum(['public', 'private'])
const longestDescription = 65_536

/** MARKED_FOR_DELETION is never shown: such a repository is gone. */
const state = z.enum(['NORMAL', 'READ_ONLY', 'MIRROR', 'ORG_MIRROR'])

export const Success = z.object({ success: z.literal(true) })

export const RepositorySummary = z
  .object({
    namespace: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    is_public: z.boolean(),
    kind: z.literal('image'),
    state,
    last_modified: z.int().nullable().optional(),
    popularity: z.number().optional(),
    is_starred: z.boolean().optional(),
    quota_report: RepositoryQuotaReport.optional(),
  })
  .meta({ id: 'RepositorySummary' })

export const RepositoryTag = z
  .object({
    name: z.string(),
    size: z.int().nullable(),
    last_modified: wireDate,
    manifest_digest: z.string(),
    expiration: wireDate.optional(),
  })
  .meta({ id: 'RepositoryTag' })

export const Repository = z
  .object({
    namespace: z.string(),
    name: z.string(),
    kind: z.literal('image'),
    description: z.string().nullable(),
    is_public: z.boolean(),
    is_organization: z.boolean(),
    is_starred: z.boolean(),
    status_token: z.string(),
    trust_enabled: z.literal(false),
    tag_expiration_s: z.int(),
    is_free_account: z.literal(true),
    state,
    tags: z.record(z.string(), RepositoryTag).optional(),
    can_write: z.boolean(),
    can_admin: z.boolean(),
    stats: z.array(z.object({ date: z.string(), count: z.int() })).optional(),
  })
  .meta({ id: 'Repository' })

export const createRepo = endpoint({
  area: 'repositories',
  method: 'POST',
  path: '/api/v1/repository',
  operationId: 'createRepo',
  summary: 'Creates a repository.',
  rule: { kind: 'handler', who: 'whoever may create repositories in the namespace of the body' },
  scope: 'repo:create',
  body: z.object({
    repository: z.string().max(1_024),
    visibility,
    description: z.string().max(longestDescription),
    namespace: z.string().max(1_024).optional(),
    repo_kind: z.literal('image').nullable().optional(),
  }),
  responses: {
    201: z.object({ namespace: z.string(), name: z.string(), kind: z.literal('image') }),
  },
})

export const listRepos = endpoint({
  area: 'repositories',
  method: 'GET',
  path: '/api/v1/repository',
  operationId: 'listRepos',
  summary: 'The repositories that the caller sees, in the order in which they were created.',
  rule: { kind: 'anyone' },
  scope: 'repo:read',
  query: z.object({
    namespace: queryText('Only the repositories of this namespace').optional(),
    starred: queryFlag('Only the repositories that the caller has starred').optional(),
    public: queryFlag('Also public repositories that the caller has no grant on').optional(),
    last_modified: queryFlag('Whether to tell when a tag was last changed').optional(),
    popularity: queryFlag('Whether to tell the popularity').optional(),
    repo_kind: queryText('The kind of repositories').optional(),
    ...nextPageQuery.shape,
  }),
  responses: {
    200: z.object({ repositories: z.array(RepositorySummary), next_page: nextPage }),
  },
})

export const getRepo = endpoint({
  area: 'repositories',
  method: 'GET',
  path: '/api/v1/repository/{repository}',
  operationId: 'getRepo',
  summary: 'One repository, with its newest tags.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  query: z.object({
    includeTags: queryFlag('Whether to include the tags').optional(),
    includeStats: queryFlag('Whether to include the activity of the last months').optional(),
  }),
  responses: { 200: Repository },
})

export const updateRepo = endpoint({
  area: 'repositories',
  method: 'PUT',
  path: '/api/v1/repository/{repository}',
  operationId: 'updateRepo',
  summary: 'Changes the description.',
  rule: { kind: 'repository', role: 'write' },
  scope: 'repo:write',
  body: z.object({ description: z.string().max(longestDescription) }),
  responses: { 200: Success },
})

export const deleteRepository = endpoint({
  area: 'repositories',
  method: 'DELETE',
  path: '/api/v1/repository/{repository}',
  operationId: 'deleteRepository',
  summary: 'Deletes a repository with everything in it.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  responses: { 204: null },
})

export const changeRepoVisibility = endpoint({
  area: 'repositories',
  method: 'POST',
  path: '/api/v1/repository/{repository}/changevisibility',
  operationId: 'changeRepoVisibility',
  summary: 'Makes a repository public or private.',
  rule: { kind: 'repository', role: 'admin', missing: 'null' },
  scope: 'repo:admin',
  body: z.object({ visibility }),
  responses: { 200: Success.nullable() },
})

export const changeRepoState = endpoint({
  area: 'repositories',
  method: 'PUT',
  path: '/api/v1/repository/{repository}/changestate',
  operationId: 'changeRepoState',
  summary: 'Changes who may push: everybody who may write, nobody, or a mirror.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches: ['FEATURE_REPO_MIRROR'],
  body: z.object({ state: z.enum(['NORMAL', 'READ_ONLY', 'MIRROR']) }),
  responses: { 200: Success },
})
