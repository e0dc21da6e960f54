import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryFlag, queryInteger, queryText, wireDate } from './values.ts'

export const Tag = z
  .object({
    name: z.string(),
    reversion: z.boolean(),
    immutable: z.boolean().optional(),
    start_ts: z.int(),
    end_ts: z.int().optional(),
    manifest_digest: z.string(),
    is_manifest_list: z.boolean(),
    size: z.int().nullable(),
    last_modified: wireDate,
    expiration: wireDate.optional(),
    is_sparse: z.boolean().optional(),
    child_manifest_count: z.int().optional(),
    present_child_count: z.int().optional(),
    child_manifests_presence: z.record(z.string(), z.boolean()).optional(),
  })
  .meta({ id: 'Tag' })

const base = '/api/v1/repository/{repository}/tag'
const writer = { kind: 'repository', role: 'write', changesContent: true } as const
const digest = z.string().max(1_024)

export const listRepoTags = endpoint({
  area: 'tags',
  method: 'GET',
  path: `${base}/`,
  operationId: 'listRepoTags',
  summary: 'The tags of a repository and their history, newest first.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  query: z.object({
    specificTag: queryText('Only this tag').optional(),
    filter_tag_name: queryText('like:TEXT for a part of the name, eq:NAME for the name').optional(),
    onlyActiveTags: queryFlag('Only tags that are alive').optional(),
    page: queryInteger('Page, from 1').optional(),
    limit: queryInteger('Tags a page, at most 100').optional(),
  }),
  responses: {
    200: z.object({ tags: z.array(Tag), page: z.int(), has_additional: z.boolean() }),
  },
})

export const changeTag = endpoint({
  area: 'tags',
  method: 'PUT',
  path: `${base}/{tag}`,
  operationId: 'changeTag',
  summary: 'Sets when a tag expires or whether it is immutable; moves or creates it.',
  rule: writer,
  scope: 'repo:write',
  body: z.object({
    expiration: z.number().nullable().optional(),
    immutable: z.boolean().optional(),
    manifest_digest: digest.nullable().optional(),
  }),
  responses: { 201: z.literal('Updated') },
})

export const deleteFullTag = endpoint({
  area: 'tags',
  method: 'DELETE',
  path: `${base}/{tag}`,
  operationId: 'deleteFullTag',
  summary: 'Deletes a tag; its history keeps it.',
  rule: writer,
  scope: 'repo:write',
  responses: { 204: null },
})

export const restoreTag = endpoint({
  area: 'tags',
  method: 'POST',
  path: `${base}/{tag}/restore`,
  operationId: 'restoreTag',
  summary: 'Points a tag at a manifest of its history.',
  rule: writer,
  scope: 'repo:write',
  body: z.object({ manifest_digest: digest.optional() }),
  responses: { 200: z.object({}) },
})

export const removeTagFromTimemachine = endpoint({
  area: 'tags',
  method: 'POST',
  path: `${base}/{tag}/expire`,
  operationId: 'removeTagFromTimemachine',
  summary: 'Removes a tag, or a part of its history, for good.',
  rule: { kind: 'repository', role: 'write' },
  scope: 'repo:write',
  switches: ['PERMANENTLY_DELETE_TAGS'],
  body: z.object({
    manifest_digest: digest.optional(),
    include_submanifests: z.boolean().optional(),
    is_alive: z.boolean().optional(),
  }),
  responses: { 200: z.literal('') },
})
