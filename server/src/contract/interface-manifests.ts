import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { ChildManifest } from './interface-tags.ts'
import { manifestParams } from './manifests.ts'
import { wireDate } from './values.ts'

const LayerDetails = z
  .object({
    index: z.int(),
    /** As the image's config tells it. */
    instruction: z.string().nullable(),
    comment: z.string().nullable(),
    author: z.string().nullable(),
    created: wireDate.nullable(),
    /** A step that made no layer; then there is no digest. */
    is_empty: z.boolean(),
    digest: z.string().nullable(),
    media_type: z.string().nullable(),
    size_bytes: z.int(),
    /** With all layers below. */
    cumulative_bytes: z.int(),
    is_remote: z.boolean(),
    urls: z.array(z.string()),
  })
  .meta({ id: 'LayerDetails' })

const Descriptor = z.object({ digest: z.string(), media_type: z.string(), size_bytes: z.int() })

const ReferrerDetails = Descriptor.extend({
  artifact_type: z.string().nullable(),
  annotations: z.record(z.string(), z.string()),
}).meta({ id: 'ReferrerDetails' })

const LabelDetails = z
  .object({
    id: z.string(),
    key: z.string(),
    value: z.string(),
    source_type: z.enum(['manifest', 'api', 'internal']),
    media_type: z.string(),
  })
  .meta({ id: 'LabelDetails' })

export const ManifestDetails = z
  .object({
    digest: z.string(),
    media_type: z.string(),
    artifact_type: z.string().nullable(),
    is_manifest_list: z.boolean(),
    /** Of the manifest itself. */
    manifest_bytes: z.int(),
    layers_bytes: z.int().nullable(),
    /** As it was pushed. */
    manifest: z.string(),
    config: Descriptor.nullable(),
    /** What the config of an image says, as JSON; null for other artifacts, or when it is not here. */
    config_data: z.record(z.string(), z.unknown()).nullable(),
    annotations: z.record(z.string(), z.string()),
    subject: z.string().nullable(),
    /** The lowest first. */
    layers: z.array(LayerDetails),
    children: z.array(ChildManifest),
    labels: z.array(LabelDetails),
    referrers: z.array(ReferrerDetails),
    referrers_capped: z.boolean(),
    /** Live tags on it, and on lists that have it as a child. */
    tags: z.array(z.string()),
    tags_capped: z.boolean(),
    is_signed: z.boolean(),
    created: wireDate,
  })
  .meta({ id: 'ManifestDetails' })

export const getManifestDetails = endpoint({
  area: 'interface',
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/manifest/{manifestref}',
  operationId: 'getManifestDetails',
  summary: 'A manifest with its layers, labels, referrers and tags.',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  params: manifestParams,
  responses: { 200: ManifestDetails },
})
