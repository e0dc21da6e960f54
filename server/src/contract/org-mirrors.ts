import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryText } from './values.ts'

const area = 'org-mirror'
const switches = ['FEATURE_ORG_MIRROR'] as const
const admin = { kind: 'organization', role: 'admin' } as const
const base = '/api/v1/organization/{orgname}/mirror'

const longestName = 255
const longestUrl = 2_048
const longestText = 4_096
const mostFilters = 1_000
/** A hundred years. */
const longestIntervalS = 3_153_600_000

export const OrgMirrorStatus = z.enum([
  'NEVER_RUN',
  'SYNC_NOW',
  'SYNCING',
  'SUCCESS',
  'FAIL',
  'CANCEL',
])

/** A repository of the source may also be left out. */
export const OrgMirrorRepositoryStatus = z.enum([...OrgMirrorStatus.options, 'SKIP'])

const proxyText = z.string().max(longestText).nullable().optional()

export const OrgMirrorUpstreamSettings = z
  .object({
    verify_tls: z.boolean().optional(),
    proxy: z
      .object({ https_proxy: proxyText, http_proxy: proxyText, no_proxy: proxyText })
      .optional(),
  })
  .meta({ id: 'OrgMirrorUpstreamSettings' })

export const OrgMirrorConfiguration = z
  .object({
    is_enabled: z.boolean(),
    external_registry_type: z.enum(['harbor', 'quay']),
    external_registry_url: z.string(),
    external_namespace: z.string(),
    external_registry_username: z.string().nullable(),
    has_external_registry_password: z.boolean(),
    external_registry_config: OrgMirrorUpstreamSettings,
    repository_filters: z.array(z.string()),
    /** Null when the robot is gone. */
    robot_username: z.string().nullable(),
    visibility: z.enum(['public', 'private']),
    sync_interval: z.int(),
    /** ISO 8601, as all dates here. */
    sync_start_date: z.string().nullable(),
    sync_expiration_date: z.string().nullable(),
    sync_status: OrgMirrorStatus,
    sync_retries_remaining: z.int(),
    repo_sync_status_counts: z.object({
      CANCEL: z.int(),
      FAIL: z.int(),
      NEVER_RUN: z.int(),
      SUCCESS: z.int(),
      SYNCING: z.int(),
      SYNC_NOW: z.int(),
      SKIP: z.int(),
    }),
    skopeo_timeout: z.int(),
    creation_date: z.string(),
  })
  .meta({ id: 'OrgMirrorConfiguration' })

const settings = z.object({
  external_registry_url: z.string().max(longestUrl),
  external_namespace: z.string().min(1).max(longestName),
  robot_username: z.string().max(longestName),
  visibility: z.enum(['public', 'private']),
  sync_interval: z.int().max(longestIntervalS),
  sync_start_date: z.string().max(64),
})

const choices = z.object({
  is_enabled: z.boolean().optional(),
  external_registry_username: z.string().max(longestText).nullable().optional(),
  external_registry_password: z.string().max(65_536).nullable().optional(),
  external_registry_config: OrgMirrorUpstreamSettings.optional(),
  repository_filters: z
    .array(z.string().min(1).max(longestName))
    .max(mostFilters)
    .nullable()
    .optional(),
  skopeo_timeout: z.int().max(longestIntervalS).optional(),
})

export const NewOrgMirror = settings
  .extend({ external_registry_type: z.enum(['harbor', 'quay']) })
  .extend(choices.shape)
export const OrgMirrorChange = settings.partial().extend(choices.shape)

export const OrgMirrorRepository = z
  .object({
    name: z.string(),
    sync_status: OrgMirrorRepositoryStatus,
    discovery_date: z.string().nullable(),
    last_sync_date: z.string().nullable(),
    status_message: z.string().nullable(),
    /** Null until the repository exists here. */
    quay_repository: z.string().nullable(),
  })
  .meta({ id: 'OrgMirrorRepository' })

export const getOrgMirrorConfig = endpoint({
  area,
  method: 'GET',
  path: base,
  operationId: 'getOrgMirrorConfig',
  summary: 'What an organization mirrors, and how far that is.',
  rule: admin,
  scope: 'org:admin',
  switches,
  responses: { 200: OrgMirrorConfiguration },
})

export const createOrgMirrorConfig = endpoint({
  area,
  method: 'POST',
  path: base,
  operationId: 'createOrgMirrorConfig',
  summary: 'Makes an empty organization the mirror of a namespace in another registry.',
  rule: admin,
  scope: 'org:admin',
  switches,
  body: NewOrgMirror,
  responses: { 201: null },
})

export const updateOrgMirrorConfig = endpoint({
  area,
  method: 'PUT',
  path: base,
  operationId: 'updateOrgMirrorConfig',
  summary: 'Changes how an organization is mirrored; what is not named stays.',
  rule: admin,
  scope: 'org:admin',
  switches,
  body: OrgMirrorChange,
  responses: { 200: null },
})

export const deleteOrgMirrorConfig = endpoint({
  area,
  method: 'DELETE',
  path: base,
  operationId: 'deleteOrgMirrorConfig',
  summary:
    'Ends the mirroring of an organization; its repositories stay and can be pushed to again.',
  rule: admin,
  scope: 'org:admin',
  switches,
  responses: { 204: null },
})

export const syncOrgMirrorNow = endpoint({
  area,
  method: 'POST',
  path: `${base}/sync-now`,
  operationId: 'syncOrgMirrorNow',
  summary: 'Looks for repositories and mirrors them as soon as a worker is free.',
  rule: admin,
  scope: 'org:admin',
  switches,
  responses: { 204: null },
})

export const cancelOrgMirrorSync = endpoint({
  area,
  method: 'POST',
  path: `${base}/sync-cancel`,
  operationId: 'cancelOrgMirrorSync',
  summary: 'Ends what is being mirrored; the schedule goes on.',
  rule: admin,
  scope: 'org:admin',
  switches,
  responses: { 204: null },
})

export const verifyOrgMirrorConnection = endpoint({
  area,
  method: 'POST',
  path: `${base}/verify`,
  operationId: 'verifyOrgMirrorConnection',
  summary: 'Tries the source out with the stored credentials.',
  rule: admin,
  scope: 'org:admin',
  switches,
  responses: { 200: z.object({ success: z.boolean(), message: z.string() }) },
})

export const listOrgMirrorRepositories = endpoint({
  area,
  method: 'GET',
  path: `${base}/repositories`,
  operationId: 'listOrgMirrorRepositories',
  summary: 'The repositories that were found in the source, by name.',
  rule: admin,
  scope: 'org:admin',
  switches,
  query: z.object({
    page: queryText('The page, from 1; what is no number is 1').optional(),
    limit: queryText('How many, at most 500; what is no number is 100').optional(),
    status: queryText('Only those in this state').optional(),
  }),
  responses: {
    200: z.object({
      repositories: z.array(OrgMirrorRepository),
      page: z.int(),
      limit: z.int(),
      total: z.int(),
      has_next: z.boolean(),
    }),
  },
})
