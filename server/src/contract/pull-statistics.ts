import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { manifestParams } from './manifests.ts'
import { wireDate } from './values.ts'

export const TagPullStatistics = z
  .object({
    tag_name: z.string(),
    tag_pull_count: z.int(),
    last_tag_pull_date: wireDate.nullable(),
    current_manifest_digest: z.string(),
    manifest_pull_count: z.int(),
    last_manifest_pull_date: wireDate.nullable(),
  })
  .meta({ id: 'TagPullStatistics' })

export const ManifestPullStatistics = z
  .object({
    manifest_digest: z.string(),
    manifest_pull_count: z.int(),
    last_manifest_pull_date: wireDate.nullable(),
  })
  .meta({ id: 'ManifestPullStatistics' })

export const getTagPullStatistics = endpoint({
  area: 'tags',
  method: 'GET',
  path: '/api/v1/repository/{repository}/tag/{tag}/pull_statistics',
  operationId: 'getTagPullStatistics',
  summary: 'How often a tag, and the manifest that it is on, were pulled.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  switches: ['FEATURE_IMAGE_PULL_STATS'],
  responses: { 200: TagPullStatistics },
})

export const getManifestPullStatistics = endpoint({
  area: 'manifests',
  method: 'GET',
  path: '/api/v1/repository/{repository}/manifest/{manifestref}/pull_statistics',
  operationId: 'getManifestPullStatistics',
  summary: 'How often a manifest was pulled.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  switches: ['FEATURE_IMAGE_PULL_STATS'],
  params: manifestParams,
  responses: { 200: ManifestPullStatistics },
})
