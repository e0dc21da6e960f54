import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { BulkResult, bulkAtMost, listPage, listQuery } from './interface-list.ts'
import { queryFlag, queryText, wireDate } from './values.ts'

const area = 'interface'
const base = '/api/v1/mooring/repository/{repository}'
const columns = [
  'name',
  'last_modified',
  'expiration',
  'size',
  'digest',
  'last_pulled',
  'pull_count',
] as const

const Platform = z
  .object({
    os: z.string().nullable(),
    architecture: z.string().nullable(),
    variant: z.string().nullable(),
  })
  .meta({ id: 'Platform' })

export const ChildManifest = z
  .object({
    digest: z.string(),
    media_type: z.string(),
    platform: Platform.nullable(),
    artifact_type: z.string().nullable(),
    /** Of the layers; null for a child that is not here. */
    size_bytes: z.int().nullable(),
    is_present: z.boolean(),
  })
  .meta({ id: 'ChildManifest' })

export const TagRow = z
  .object({
    name: z.string(),
    digest: z.string(),
    media_type: z.string(),
    artifact_type: z.string().nullable(),
    config_media_type: z.string().nullable(),
    is_manifest_list: z.boolean(),
    /** Of the layers; for a list that of its largest child that is here. */
    size_bytes: z.int().nullable(),
    smallest_bytes: z.int().nullable(),
    largest_bytes: z.int().nullable(),
    /** Of a list, at most 100. */
    children: z.array(ChildManifest),
    child_count: z.int(),
    present_child_count: z.int(),
    is_sparse: z.boolean(),
    last_modified: wireDate,
    expiration: wireDate.nullable(),
    is_immutable: z.boolean(),
    is_signed: z.boolean(),
    last_pulled: wireDate.nullable(),
    /** Null where pulls are not counted. */
    pull_count: z.int().nullable(),
  })
  .meta({ id: 'TagRow' })

export const listTagRows = endpoint({
  area,
  method: 'GET',
  path: `${base}/tags`,
  operationId: 'listTagRows',
  summary: 'The tags of a repository, a page at a time.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  query: z.object({
    ...listQuery(columns),
    digest: queryText('Only tags whose manifest has a digest that begins so').optional(),
    signatures: queryFlag('Also the tags that hold signatures and the like').optional(),
  }),
  responses: { 200: listPage(TagRow, columns) },
})

const tagName = z.string().max(512)

export const changeTags = endpoint({
  area,
  method: 'POST',
  path: `${base}/tags/bulk`,
  operationId: 'changeTags',
  summary: 'Deletes tags, or changes when they expire or whether they are immutable.',
  rule: { kind: 'repository', role: 'write', changesContent: true },
  scope: 'repo:write',
  body: z.object({
    action: z.enum(['delete', 'set_expiration', 'make_immutable', 'make_mutable']),
    /** Seconds since the epoch; null or absent: never. */
    expiration: z.int().nullable().optional(),
    tags: z.array(tagName).max(bulkAtMost).optional(),
    /** The first 1000 tags that the list shows with it, beside those that are named. */
    filter: z
      .object({
        search: z.string().max(256).optional(),
        digest: z.string().max(256).optional(),
        signatures: z.boolean().optional(),
      })
      .optional(),
  }),
  responses: {
    200: z.object({
      results: z.array(BulkResult),
      /** Whether the filter has more than were taken. */
      more: z.boolean(),
    }),
  },
})

const change = z.enum(['created', 'recreated', 'moved', 'deleted', 'reverted', 'expires'])

export const TagEvent = z
  .object({
    change,
    name: z.string(),
    at: wireDate,
    /** What the tag points at since; before it was deleted. */
    digest: z.string(),
    is_manifest_list: z.boolean(),
    /** What it pointed at before it was moved or reverted. */
    previous_digest: z.string().nullable(),
    /** When what the tag was before goes for good; until then it can be restored. */
    collected_at: wireDate.nullable(),
  })
  .meta({ id: 'TagEvent' })

const historyColumns = ['at'] as const

export const listTagEvents = endpoint({
  area,
  method: 'GET',
  path: `${base}/history`,
  operationId: 'listTagEvents',
  summary: 'What happened to the tags of a repository as far as the time machine reaches.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  query: z.object({
    ...listQuery(historyColumns),
    tag: queryText('Only this tag').optional(),
    from: queryText('Not before this instant, as ISO 8601').optional(),
    to: queryText('Not after this instant, as ISO 8601').optional(),
    future: queryFlag('Also what is to expire').optional(),
  }),
  responses: { 200: listPage(TagEvent, historyColumns) },
})
