import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { SyncStatus } from './mirrors.ts'
import { queryFlag, queryInteger, queryText } from './values.ts'

const area = 'mirror-health'

const counts = {
  total: z.int(),
  syncing: z.int(),
  completed: z.int(),
  failed: z.int(),
  never_run: z.int(),
}

const common = {
  healthy: z.boolean(),
  workers: z.object({
    active: z.int(),
    configured: z.int(),
    status: z.enum(['healthy', 'degraded']),
  }),
  tags_pending: z.int(),
  /** ISO 8601. */
  last_check: z.string(),
  issues: z.array(
    z.object({
      severity: z.enum(['critical', 'error', 'warning']),
      message: z.string(),
      timestamp: z.string(),
    }),
  ),
}

export const MirrorHealth = z
  .object({
    ...common,
    repositories: z.object({
      ...counts,
      details: z
        .array(
          z.object({
            namespace: z.string(),
            repository: z.string(),
            sync_status: SyncStatus,
            is_enabled: z.boolean(),
            last_sync: z.string().nullable(),
            retries_remaining: z.int(),
          }),
        )
        .optional(),
      pagination: z.object({ limit: z.int(), offset: z.int(), has_more: z.boolean() }).optional(),
    }),
  })
  .meta({ id: 'MirrorHealth' })

export const MirrorHealthSummary = z
  .object({ ...common, repositories: z.object(counts) })
  .meta({ id: 'MirrorHealthSummary' })

export const getRepositoryMirrorHealth = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/repository/mirror/health',
  operationId: 'getRepositoryMirrorHealth',
  summary: 'Whether mirroring works, of all repositories or of those of a namespace.',
  rule: {
    kind: 'handler',
    who: 'members of the organization or the user that is named, superusers with full access, global read-only superusers',
  },
  scope: null,
  switches: ['FEATURE_REPO_MIRROR'],
  freshLogin: true,
  query: z.object({
    namespace: queryText('Only the repositories of this namespace').optional(),
    detailed: queryFlag('Whether to list the repositories').optional(),
    limit: queryInteger('Repositories to list, 1 to 1000').optional(),
    offset: queryInteger('Repositories to leave out before').optional(),
  }),
  responses: { 200: MirrorHealth, 503: MirrorHealth },
})

export const getSuperUserRepositoryMirrorHealth = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/superuser/mirror/health',
  operationId: 'getSuperUserRepositoryMirrorHealth',
  summary: 'Whether mirroring works, without the names of repositories.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_REPO_MIRROR', 'FEATURE_SUPER_USERS'],
  freshLogin: true,
  responses: { 200: MirrorHealthSummary, 503: MirrorHealthSummary },
})
