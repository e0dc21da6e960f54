import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { BulkResult } from './interface-list.ts'
import { UpstreamSettings } from './mirrors.ts'
import { wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
} as const
const mirroring = {
  ...superuser,
  switches: ['FEATURE_REPO_MIRROR', 'FEATURE_SUPER_USERS'],
} as const

const longestHost = 261

/** Whether anything is asked of other registries. */
export const SiteConnection = z
  .object({
    connected: z.boolean(),
    reason: z.string().nullable(),
    /** Who disconnected it, and when; null while it is connected. */
    by: z.string().nullable(),
    since: wireDate.nullable(),
  })
  .meta({ id: 'SiteConnection' })

export const getSiteConnection = endpoint({
  ...superuser,
  switches: ['FEATURE_SUPER_USERS'],
  method: 'GET',
  path: '/api/v1/mooring/mirrors/connection',
  operationId: 'getSiteConnection',
  summary: 'Whether anything is asked of other registries.',
  responses: { 200: SiteConnection },
})

export const setSiteConnection = endpoint({
  ...superuser,
  switches: ['FEATURE_SUPER_USERS'],
  method: 'PUT',
  path: '/api/v1/mooring/mirrors/connection',
  operationId: 'setSiteConnection',
  summary:
    'Disconnects from all other registries, or connects again: mirrors wait with what they have, caches answer with what is here.',
  body: z.object({
    connected: z.boolean(),
    /** Why it is disconnected, for those who wonder. */
    reason: z.string().max(500).nullable().optional(),
  }),
  responses: { 200: SiteConnection },
})

/** How an upstream answered when it was tried. */
export const UpstreamCheck = z
  .object({
    at: wireDate,
    milliseconds: z.number(),
    ok: z.boolean(),
    code: z.string().nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: 'UpstreamCheck' })

/** What an upstream said last about how much it may be asked. */
export const UpstreamAllowance = z
  .object({
    remaining: z.int(),
    limit: z.int().nullable(),
    /** For how long the limit counts. */
    window_seconds: z.int().nullable(),
    resets: wireDate.nullable(),
    at: wireDate,
  })
  .meta({ id: 'UpstreamAllowance' })

const host = z.string().min(1).max(longestHost)

export const testUpstream = endpoint({
  ...mirroring,
  method: 'POST',
  path: '/api/v1/mooring/mirrors/upstreams/test',
  operationId: 'testUpstream',
  summary: 'Asks an upstream as its mirrors do, and keeps how it answered.',
  body: z.object({ host }),
  responses: { 200: UpstreamCheck },
})

export const changeUpstream = endpoint({
  ...mirroring,
  method: 'PUT',
  path: '/api/v1/mooring/mirrors/upstreams',
  operationId: 'changeUpstream',
  summary:
    'Changes how an upstream is asked, for all of its mirrors; tried before anything is kept.',
  body: z.object({
    host,
    /** Null takes the credentials away. */
    external_registry_username: z.string().max(4_096).nullable().optional(),
    external_registry_password: z.string().max(65_536).nullable().optional(),
    external_registry_config: UpstreamSettings.optional(),
    /** Bytes a second of each mirror, such as `2MB/s`; null: as many as there are. */
    rate: z.string().min(1).max(32).nullable().optional(),
    /** Although the upstream does not answer as it should. */
    save_anyway: z.boolean().optional(),
  }),
  responses: {
    200: z.object({
      check: UpstreamCheck,
      /** False: the upstream refused, so nothing was changed. */
      saved: z.boolean(),
      results: z.array(BulkResult),
    }),
  },
})
