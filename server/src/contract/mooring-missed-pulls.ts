import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { nextPage, nextPageQuery, queryFlag, wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

export const MissedPull = z
  .object({
    id: z.string(),
    /** As it was asked for: `namespace/repository:tag`, or with `@` and a digest. */
    reference: z.string(),
    /** Where it is likely to be found: `host/repository:tag`. Null: the client did not say. */
    upstream: z.string().nullable(),
    count: z.int(),
    /** About how many different addresses asked. */
    clients: z.int(),
    first_asked: wireDate,
    last_asked: wireDate,
    ignored: z.boolean(),
  })
  .meta({ id: 'MissedPull' })

export const listMissedPulls = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/missed-pulls',
  operationId: 'listMissedPulls',
  summary: 'Images that clients asked for within 30 days and that were not here.',
  query: nextPageQuery.extend({
    sort: z.enum(['count', 'time']).describe('The most asked for first, or the latest').optional(),
    search: z.string().max(256).describe('A part of the reference').optional(),
    ignored: queryFlag('Those that are ignored, instead of the others').optional(),
  }),
  responses: { 200: z.object({ missed_pulls: z.array(MissedPull), next_page: nextPage }) },
})

export const updateMissedPull = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/missed-pulls/{missed_pull_id}',
  operationId: 'updateMissedPull',
  summary: 'Leaves a missed pull out of the list from now on, or lists it again.',
  body: z.object({ ignored: z.boolean() }),
  responses: { 200: MissedPull },
})

export const deleteMissedPull = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/missed-pulls/{missed_pull_id}',
  operationId: 'deleteMissedPull',
  summary: 'Forgets a missed pull until somebody asks for it again.',
  responses: { 204: null },
})
