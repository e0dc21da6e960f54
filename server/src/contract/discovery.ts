import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryFlag } from './values.ts'

export const discovery = endpoint({
  area: 'discovery',
  method: 'GET',
  path: '/api/v1/discovery',
  operationId: 'discovery',
  summary: 'This description of the API, as a Swagger 2.0 document.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  query: z.object({
    internal: queryFlag('Whether to describe the internal calls too').optional(),
  }),
  responses: { 200: z.object({ swagger: z.literal('2.0') }).loose(), 304: null },
})

export const getErrorDescription = endpoint({
  area: 'error',
  method: 'GET',
  path: '/api/v1/error/{error_type}',
  operationId: 'getErrorDescription',
  summary: 'What an error of the API means.',
  rule: { kind: 'anyone' },
  scope: null,
  responses: { 200: z.object({ type: z.string(), title: z.string(), description: z.string() }) },
})

export const getRegistryCapabilities = endpoint({
  area: 'capabilities',
  method: 'GET',
  path: '/api/v1/registry/capabilities',
  operationId: 'getRegistryCapabilities',
  summary: 'What this registry can do beyond the ordinary.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  responses: {
    200: z.object({
      sparse_manifests: z.object({
        supported: z.boolean(),
        required_architectures: z.array(z.string()),
        optional_architectures_allowed: z.boolean(),
      }),
      mirror_architectures: z.array(z.string()),
    }),
  },
})
