import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { nextPage, nextPageQuery, wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

const bytes = z.number().nonnegative()
const count = z.int().nonnegative()
const named = z.object({ name: z.string(), bytes })

export const getStorageOverview = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/storage',
  operationId: 'getStorageOverview',
  summary: 'What takes how much of the space, as it was measured within a minute.',
  responses: {
    200: z.object({
      measured_at: wireDate,
      capacity: z.object({
        total_bytes: bytes,
        free_bytes: bytes,
        /** Blobs that are in use. */
        content_bytes: bytes,
        uploads_bytes: bytes,
        /** Blobs that only deleted tags, repositories or namespaces still need. Null: not counted yet. */
        restorable_bytes: bytes.nullable(),
        database_bytes: bytes,
        logs_bytes: bytes,
        /** Backups in a folder on the same medium. */
        backups_bytes: bytes,
        other_bytes: bytes,
        /** When less than this is free, the health page warns, calls it an error, or pushes stop. */
        warning_free_bytes: bytes,
        error_free_bytes: bytes,
        pushes_stop_free_bytes: bytes,
      }),
      content: z.object({
        blobs: count,
        counted_at: wireDate.nullable(),
        /** What repositories would take apart, divided by what they take together. Null: unknown. */
        sharing_ratio: z.number().nullable(),
      }),
      /** One a day, the oldest first. */
      growth: z.array(
        z.object({ day: z.string(), content_bytes: bytes, free_bytes: bytes, total_bytes: bytes }),
      ),
      /** The biggest first; empty where quotas are off, because nothing counts them then. */
      organizations: z.array(named),
      repositories: z.array(named),
    }),
  },
})

const CollectionCounts = z
  .object({
    tags: count,
    manifests: count,
    blobs: count,
    bytes,
    repositories: count,
    namespaces: count,
  })
  .meta({ id: 'CollectionCounts' })

const CollectionRun = z
  .object({
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    started: wireDate,
    ended: wireDate.nullable(),
    by: z.string().nullable(),
    freed: CollectionCounts,
    error: z.string().nullable(),
  })
  .meta({ id: 'CollectionRun' })

const CollectionPlan = z
  .object({
    state: z.enum(['running', 'done', 'failed']),
    at: wireDate,
    would_free: CollectionCounts.nullable(),
  })
  .meta({ id: 'CollectionPlan' })

export const getCollection = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/storage/collection',
  operationId: 'getCollection',
  summary: 'The garbage collection: what it did, does and would do.',
  responses: {
    200: z.object({
      enabled: z.boolean(),
      /** Why nothing is collected for now; what is asked for waits until that is over. */
      rests_for: z.enum(['pause', 'read-only']).nullable(),
      every_seconds: z.number().nonnegative(),
      /** The turn of the schedule that freed something last, since this server started. */
      last: CollectionRun.nullable(),
      next: wireDate.nullable(),
      /** The one that was asked for last, since this server started. */
      run: CollectionRun.nullable(),
      plan: CollectionPlan.nullable(),
    }),
  },
})

export const startCollection = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/storage/collection',
  operationId: 'startCollection',
  summary: 'Frees now all that may be freed.',
  freshLogin: true,
  responses: { 202: CollectionRun },
})

export const cancelCollection = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/storage/collection',
  operationId: 'cancelCollection',
  summary: 'Ends the collection that was asked for after the batch under way.',
  responses: { 204: null },
})

export const planCollectionNow = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/storage/collection/plan',
  operationId: 'planCollectionNow',
  summary: 'Finds out what a collection would free, without changing anything.',
  whileReadOnly: true,
  responses: { 202: CollectionPlan },
})

export const listUploads = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/storage/uploads',
  operationId: 'listUploads',
  summary: 'Uploads that are under way or were left, 50 a page, the oldest first.',
  query: nextPageQuery,
  responses: {
    200: z.object({
      uploads: z.array(
        z.object({
          id: z.string(),
          repository: z.string(),
          bytes,
          started: wireDate,
          last_modified: wireDate,
        }),
      ),
      next_page: nextPage,
    }),
  },
})

export const cancelUpload = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/storage/uploads/{upload_id}',
  operationId: 'cancelUpload',
  summary: 'Ends an upload and forgets what arrived.',
  freshLogin: true,
  responses: { 204: null },
})

const Scrub = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    started: wireDate,
    ended: wireDate.nullable(),
    blobs_done: count,
    blobs_total: count,
    bytes_done: bytes,
    bytes_total: bytes,
    /** Bytes a second. */
    rate: z.number().nonnegative(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Scrub' })

const DamagedBlob = z
  .object({
    digest: z.string(),
    bytes,
    found: wireDate,
    reason: z.enum(['missing', 'changed', 'unreadable']),
    /** Some of the repositories that need it. */
    repositories: z.array(z.string()),
  })
  .meta({ id: 'DamagedBlob' })

export const getScrub = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/storage/scrub',
  operationId: 'getScrub',
  summary: 'The check of every blob against its digest, and the damage that it found.',
  responses: {
    200: z.object({
      scrub: Scrub.nullable(),
      damaged: z.array(DamagedBlob),
      /** There are more than the list shows. */
      damaged_total: count,
    }),
  },
})

export const startScrub = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/storage/scrub',
  operationId: 'startScrub',
  summary: 'Reads every blob again, at a limited speed; one that was cut off goes on.',
  freshLogin: true,
  body: z.object({
    /** Bytes a second. */
    rate_limit: z.int().min(1_048_576).max(10_737_418_240).optional(),
  }),
  bodyOptional: true,
  responses: { 202: Scrub },
})

export const cancelScrub = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/storage/scrub',
  operationId: 'cancelScrub',
  summary: 'Ends the check that is under way.',
  responses: { 204: null },
})
