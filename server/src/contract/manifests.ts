import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryFlag, wireDate } from './values.ts'

/** The part of a path that names a manifest; with anything else the path is unknown. */
export const manifestParams = z.object({
  manifestref: z.string().regex(/^[A-Za-z0-9_+.-]+:[A-Fa-f0-9]+$/),
})

export const ManifestLayer = z
  .object({
    index: z.int(),
    compressed_size: z.int(),
    is_remote: z.boolean(),
    urls: z.array(z.string()).nullable(),
    command: z.array(z.string()).nullable(),
    comment: z.string().nullable(),
    author: z.string().nullable(),
    blob_digest: z.string(),
    created_datetime: wireDate.nullable(),
  })
  .meta({ id: 'ManifestLayer' })

export const Manifest = z
  .object({
    digest: z.string(),
    is_manifest_list: z.boolean(),
    manifest_data: z.string(),
    config_media_type: z.string().nullable(),
    layers_compressed_size: z.int().nullable(),
    layers: z.array(ManifestLayer).nullable(),
  })
  .meta({ id: 'Manifest' })

export const getRepoManifest = endpoint({
  area: 'manifests',
  method: 'GET',
  path: '/api/v1/repository/{repository}/manifest/{manifestref}',
  operationId: 'getRepoManifest',
  summary: 'A manifest and how its layers were made.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  params: manifestParams,
  query: z.object({
    include_modelcard: queryFlag('With the description of a machine learning model').optional(),
  }),
  responses: { 200: Manifest },
})
