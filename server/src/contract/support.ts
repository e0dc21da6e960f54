import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryFlag, queryInteger, wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  method: 'GET',
  rule: { kind: 'superuser', readers: false },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  query: z.object({
    hours: queryInteger('How far back the log goes, 1 to 720; 24 unless given').optional(),
    names: queryFlag('Keeps the names of hosts and people, which are masked otherwise').optional(),
  }),
} as const

export const SupportPreview = z
  .object({
    from: wireDate,
    to: wireDate,
    /** Names of hosts and people are left out. */
    masked: z.boolean(),
    files: z.array(z.object({ name: z.string(), size_bytes: z.int() })),
  })
  .meta({ id: 'SupportPreview' })

export const getSupportPreview = endpoint({
  ...superuser,
  path: '/api/v1/mooring/support',
  operationId: 'getSupportPreview',
  summary: 'What a support bundle would hold.',
  responses: { 200: SupportPreview },
})

export const getSupportBundle = endpoint({
  ...superuser,
  path: '/api/v1/mooring/support/bundle',
  operationId: 'getSupportBundle',
  summary: 'A support bundle (tar.gz): what somebody who helps needs to know, without secrets.',
  responses: { 200: z.unknown() },
})
