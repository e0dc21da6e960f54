import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { wireDate } from './values.ts'

const change = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
} as const

/** Work in the background that the registry can do without for a while. */
export const pausableWork = [
  'backup',
  'blob-fetch-sweep',
  'bundle-schedule',
  'bundle-sweep',
  'bundles',
  'garbage-collection',
  'image-expiry',
  'notifications',
  'org-mirror',
  'proxy-cache-blobs',
  'quota-backfill',
  'registry-size',
  'repository-mirrors',
  'scrub',
  'transfer-sweep',
  'upload-sweep',
] as const

export const PausableWork = z.enum(pausableWork)

export const WorkerPause = z
  .object({
    work: PausableWork,
    by: z.string(),
    since: wireDate,
    /** When it goes on by itself; null: when somebody says so. */
    until: wireDate.nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'WorkerPause' })

export const pauseWork = endpoint({
  ...change,
  method: 'PUT',
  path: '/api/v1/mooring/service/pauses/{work}',
  operationId: 'pauseWork',
  summary:
    'Lets work in the background rest, over restarts; what runs ends where it can be continued.',
  body: z.object({
    /** Seconds since the epoch, at most a year ahead. */
    until: z.int().positive().max(253_402_300_799).optional(),
    reason: z.string().max(500).optional(),
  }),
  responses: { 200: WorkerPause },
})

export const resumeWork = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/service/pauses/{work}',
  operationId: 'resumeWork',
  summary: 'Lets work in the background go on; that it did not rest is no error.',
  responses: { 204: null },
})
