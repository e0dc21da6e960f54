import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const area = 'mirror'
const switches = ['FEATURE_REPO_MIRROR'] as const

/** Longer ones are no name of an image, account or host. */
const longestReference = 1_024
const longestText = 4_096
const mostPatterns = 1_000
/** A hundred years. */
const longestIntervalS = 3_153_600_000

export const SyncStatus = z.enum(['NEVER_RUN', 'SYNC_NOW', 'SYNCING', 'SUCCESS', 'FAIL', 'CANCEL'])

export const TagRule = z
  .object({ rule_kind: z.literal('tag_glob_csv'), rule_value: z.array(z.string()) })
  .meta({ id: 'MirrorTagRule' })

/** Any of the keys may be missing, as in what was stored. */
export const UpstreamSettings = z
  .object({
    verify_tls: z.boolean().optional(),
    unsigned_images: z.boolean().optional(),
    proxy: z
      .object({
        http_proxy: z.string().max(longestText).nullable().optional(),
        https_proxy: z.string().max(longestText).nullable().optional(),
        no_proxy: z.string().max(longestText).nullable().optional(),
      })
      .optional(),
  })
  .meta({ id: 'MirrorUpstreamSettings' })

export const MirrorConfiguration = z
  .object({
    is_enabled: z.boolean(),
    mirror_type: z.literal('PULL'),
    external_reference: z.string(),
    /** "(invalid. please re-enter)" when it cannot be read any more. */
    external_registry_username: z.string().nullable(),
    external_registry_config: UpstreamSettings,
    sync_interval: z.int(),
    /** ISO 8601. */
    sync_start_date: z.string().nullable(),
    sync_expiration_date: z.string().nullable(),
    sync_retries_remaining: z.int(),
    sync_status: SyncStatus,
    root_rule: TagRule,
    /** Null when the robot is gone. */
    robot_username: z.string().nullable(),
    skopeo_timeout_interval: z.int(),
    architecture_filter: z.array(z.string()),
  })
  .meta({ id: 'MirrorConfiguration' })

const pattern = z.string().min(1).max(longestReference)
const rootRule = z.object({
  rule_kind: z.literal('tag_glob_csv'),
  rule_value: z.array(pattern).min(1).max(mostPatterns),
})

const settings = z.object({
  external_reference: z.string().max(longestReference),
  sync_interval: z.int().min(0).max(longestIntervalS),
  sync_start_date: z.string().max(64),
  root_rule: rootRule,
  skopeo_timeout_interval: z.int().max(longestIntervalS),
  robot_username: z.string().max(longestReference),
})

const choices = z.object({
  is_enabled: z.boolean().optional(),
  external_registry_username: z.string().max(longestText).nullable().optional(),
  external_registry_password: z.string().max(65_536).nullable().optional(),
  external_registry_config: UpstreamSettings.optional(),
  architecture_filter: z.array(z.string().max(64)).max(100).nullable().optional(),
})

export const NewMirror = settings.partial({ robot_username: true }).extend(choices.shape)
export const MirrorChange = settings.partial().extend(choices.shape)

export const getRepoMirrorConfig = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/repository/{repository}/mirror',
  operationId: 'getRepoMirrorConfig',
  summary: 'How a repository is mirrored, and how far that is.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  responses: { 200: MirrorConfiguration },
})

export const createRepoMirrorConfig = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/mirror',
  operationId: 'createRepoMirrorConfig',
  summary: 'Makes a repository the mirror of one in another registry.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  body: NewMirror,
  responses: { 201: null, 409: z.object({ detail: z.string() }) },
})

export const changeRepoMirrorConfig = endpoint({
  area,
  method: 'PUT',
  path: '/api/v1/repository/{repository}/mirror',
  operationId: 'changeRepoMirrorConfig',
  summary: 'Changes how a repository is mirrored; what is not named stays.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  body: MirrorChange,
  responses: { 201: null },
})

export const syncNow = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/mirror/sync-now',
  operationId: 'syncNow',
  summary: 'Mirrors as soon as a worker is free.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  responses: { 204: null },
})

export const syncCancel = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/mirror/sync-cancel',
  operationId: 'syncCancel',
  summary: 'Ends the mirroring that runs or is about to.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  responses: { 204: null },
})
