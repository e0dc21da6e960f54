import { z } from 'zod'

import { endpoint } from './endpoint.ts'

export const getRegistrySize = endpoint({
  area: 'superuser',
  method: 'GET',
  path: '/api/v1/superuser/registrysize/',
  operationId: 'getRegistrySize',
  summary: 'What all blobs take, as it was last counted.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  internal: true,
  responses: {
    200: z.object({
      size_bytes: z.int().nonnegative(),
      last_ran: z.int().nullable(),
      queued: z.boolean(),
      running: z.boolean(),
    }),
  },
})

export const queueRegistrySizeCalculation = endpoint({
  area: 'superuser',
  method: 'POST',
  path: '/api/v1/superuser/registrysize/',
  operationId: 'queueRegistrySizeCalculation',
  summary: 'Has the blobs counted; 202 when that was asked for already.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  internal: true,
  responses: { 201: z.literal(''), 202: z.literal('') },
})
