import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const page = {
  area: 'web-health',
  method: 'GET',
  rule: { kind: 'anyone', always: true },
  scope: null,
  undocumented: true,
} as const

const Health = z
  .object({
    data: z.object({
      services: z.record(z.string(), z.boolean()),
      services_expanded: z
        .record(z.string(), z.object({ status: z.boolean(), failure: z.string().optional() }))
        .optional(),
      notes: z.array(z.string()).optional(),
      hostname: z.string().optional(),
      config_provider: z.string().optional(),
      local_service_key_id: z.string().nullable().optional(),
      is_testing: z.boolean().optional(),
    }),
    status_code: z.union([z.literal(200), z.literal(503)]),
  })
  .meta({ id: 'Health' })

const responses = { 200: Health, 503: Health } as const

export const getHealth = endpoint({
  ...page,
  path: '/health',
  operationId: 'getHealth',
  summary: 'Whether this server works.',
  responses,
})

export const getInstanceHealth = endpoint({
  ...page,
  path: '/health/instance',
  operationId: 'getInstanceHealth',
  summary: 'Whether this server works.',
  responses,
})

export const getEndToEndHealth = endpoint({
  ...page,
  path: '/health/endtoend',
  operationId: 'getEndToEndHealth',
  summary: 'Whether everything works that this server depends on.',
  responses,
})

export const getStatus = endpoint({
  ...page,
  path: '/status',
  operationId: 'getStatus',
  summary: 'The same, under an older name.',
  responses,
})

export const getHealthWarning = endpoint({
  ...page,
  path: '/health/warning',
  operationId: 'getHealthWarning',
  summary: 'Whether something will need attention soon.',
  responses,
})

export const getInternalPing = endpoint({
  ...page,
  path: '/_internal_ping',
  operationId: 'getInternalPing',
  summary: 'Answers `true`.',
  responses: { 200: z.literal('true') },
})

export const getAppCapabilities = endpoint({
  ...page,
  path: '/.well-known/app-capabilities',
  operationId: 'getAppCapabilities',
  summary: 'Where other programs find the pages of an image.',
  responses: {
    200: z.object({
      appName: z.string(),
      capabilities: z.record(z.string(), z.record(z.string(), z.string())),
    }),
  },
})

export const getChangePassword = endpoint({
  ...page,
  path: '/.well-known/change-password',
  operationId: 'getChangePassword',
  summary: 'Leads password managers to the page on which a password is changed.',
  rule: { kind: 'handler', who: 'whoever has a session' },
  responses: { 302: null },
})
