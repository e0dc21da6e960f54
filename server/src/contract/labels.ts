import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { manifestParams } from './manifests.ts'
import { queryText } from './values.ts'

export const Label = z
  .object({
    id: z.string(),
    key: z.string(),
    value: z.string(),
    source_type: z.enum(['manifest', 'api', 'internal']),
    media_type: z.string(),
  })
  .meta({ id: 'Label' })

const base = '/api/v1/repository/{repository}/manifest/{manifestref}/labels'
const reader = {
  area: 'labels',
  rule: { kind: 'repository', role: 'read' },
  scope: 'repo:read',
  params: manifestParams,
} as const
const writer = {
  area: 'labels',
  rule: { kind: 'repository', role: 'write', changesContent: true },
  scope: 'repo:write',
  params: manifestParams,
} as const

export const listManifestLabels = endpoint({
  ...reader,
  method: 'GET',
  path: base,
  operationId: 'listManifestLabels',
  summary: 'The labels of a manifest.',
  query: z.object({ filter: queryText('How the keys begin').optional() }),
  responses: { 200: z.object({ labels: z.array(Label) }) },
})

export const addManifestLabel = endpoint({
  ...writer,
  method: 'POST',
  path: base,
  operationId: 'addManifestLabel',
  summary: 'Adds a label to a manifest.',
  body: z.object({
    key: z.string().max(65_536),
    value: z.string().max(65_536),
    media_type: z.string().max(255).nullable(),
  }),
  responses: { 201: z.object({ label: Label }) },
})

export const getManifestLabel = endpoint({
  ...reader,
  method: 'GET',
  path: `${base}/{labelid}`,
  operationId: 'getManifestLabel',
  summary: 'A label of a manifest.',
  responses: { 200: Label },
})

export const deleteManifestLabel = endpoint({
  ...writer,
  method: 'DELETE',
  path: `${base}/{labelid}`,
  operationId: 'deleteManifestLabel',
  summary: 'Removes a label that was added by the API.',
  responses: { 204: null },
})
