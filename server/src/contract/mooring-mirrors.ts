import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { BulkResult, bulkAtMost, listPage, listQuery } from './interface-list.ts'
import { JobProgress } from './backup.ts'
import { TagRule, UpstreamSettings } from './mirrors.ts'
import { SiteConnection, UpstreamAllowance, UpstreamCheck } from './mooring-upstreams.ts'
import { nextPage, nextPageQuery, queryText, wireDate } from './values.ts'

const area = 'mooring'
const switches = ['FEATURE_REPO_MIRROR'] as const
const superuser = {
  area,
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_REPO_MIRROR', 'FEATURE_SUPER_USERS'],
} as const
const ofRepository = {
  area,
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
} as const

const longestReference = 1_024

/**
 * What a mirror does now: `queued` waits for a worker, `stalled` gets no bytes, `waiting` was told by
 * the upstream to wait, or for the site to be connected, `outside_window` goes on when its window opens, `paused` has no schedule, `off` belongs to a repository in another state.
 */
export const MirrorState = z.enum([
  ...(['never_run', 'idle', 'queued', 'running', 'stalled', 'waiting'] as const),
  ...(['outside_window', 'paused', 'failed', 'partly_failed', 'cancelled', 'off'] as const),
])

/** Why something failed; the pages have advice for each. */
export const MirrorFailure = z.enum([
  ...(['auth_failed', 'network_timeout', 'connection_error', 'not_found', 'tls_error'] as const),
  ...(['rate_limited', 'decryption_failed', 'invalid_source_registry', 'blob_mismatch'] as const),
  ...(['manifest_invalid', 'preempted', 'cancelled', 'robot_missing', 'tag_immutable'] as const),
  ...(['quota_exceeded', 'storage_full', 'not_signed', 'window_closed', 'unknown_error'] as const),
  ...(['disconnected', 'name_unknown', 'busy', 'storage_unavailable', 'read_only'] as const),
])

/**
 * As `job` events about mirrors carry it; their id is the name of the repository. The bytes are those
 * that came, of those that are known to be missing so far; the items are tags.
 */
export const MirrorProgress = JobProgress.extend({
  phase: z.enum(['listing', 'copying', 'stalled', 'waiting', 'removing', 'ended']),
  /** The blobs that are on their way just now. */
  layers: z.array(
    z.object({
      tag: z.string(),
      /** `linux/arm64`, where the index of the tag names it. */
      platform: z.string().nullable(),
      digest: z.string(),
      done: z.number(),
      total: z.number(),
    }),
  ),
}).meta({ id: 'MirrorProgress' })

export const MirrorRun = z
  .object({
    id: z.int(),
    trigger: z.enum(['schedule', 'request']),
    started: wireDate,
    ended: wireDate.nullable(),
    duration_seconds: z.number().nullable(),
    result: z.enum(['running', 'success', 'partial', 'failed', 'cancelled']),
    code: MirrorFailure.nullable(),
    message: z.string().nullable(),
    bytes: z.int(),
    tags: z.object({
      matched: z.int(),
      new: z.int(),
      updated: z.int(),
      unchanged: z.int(),
      failed: z.int(),
      removed: z.int(),
    }),
  })
  .meta({ id: 'MirrorRun' })

/** What narrows the tags that the patterns match, and what comes along. */
export const MirrorRules = z
  .object({
    /** Only so many: the highest versions first, then other names, the last first. */
    newest: z.int().min(1).max(10_000).nullable(),
    /** Only versions in this range, such as `>=1.20 <2`; names that are no versions are left out. */
    semver: z.string().min(1).max(256).nullable(),
    /** Patterns, as those of the tags. */
    exclude: z.array(z.string().min(1).max(256)).max(1_000),
    /** Tags that the upstream does not have any more stay here. */
    keep_vanished: z.boolean(),
    /** Signatures, SBOMs and attestations come along. */
    with_referrers: z.boolean(),
    /** `os/arch` or `os/arch/variant`; empty: all, or what the architecture filter says. */
    platforms: z.array(z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/)).max(50),
    /**
     * When it is run: `02:00`, `mon-fri@02:00` or `sat+sun@12:30`, by the clock of the server; empty: by
     * the interval.
     */
    calendar: z.array(z.string().min(1).max(64)).max(50),
    /**
     * While what it may run by itself: `22:00-06:00`, `sat+sun@00:00-24:00`; empty: at any time. Over
     * midnight, the days are those on which it begins.
     */
    windows: z.array(z.string().min(1).max(64)).max(50),
    /** Bytes a second of blobs, such as `2MB/s`; null: as many as there are. */
    rate: z.string().min(1).max(32).nullable(),
    /**
     * Public keys in PEM: images come only when one of them has signed them, with cosign. Tags that are
     * here already stay.
     */
    signature_keys: z.array(z.string().min(1).max(8_192)).max(20),
  })
  .meta({ id: 'MirrorRules' })

export const MirrorRulesChange = MirrorRules.partial()

export const MirrorRow = z
  .object({
    repository: z.string(),
    /** `host[:port]` */
    upstream: z.string(),
    external_reference: z.string(),
    root_rule: TagRule,
    state: MirrorState,
    /** What it waits for: that the site is connected again, or that its upstream may be asked. */
    waiting_for: z.enum(['connection', 'upstream']).nullable(),
    is_enabled: z.boolean(),
    /** Last success longer ago than twice the interval. */
    is_overdue: z.boolean(),
    has_credentials: z.boolean(),
    robot_username: z.string().nullable(),
    sync_interval: z.int(),
    last_success: wireDate.nullable(),
    /** Null when none is planned. */
    next_run: wireDate.nullable(),
    retries_remaining: z.int(),
    last_run: MirrorRun.nullable(),
    progress: MirrorProgress.nullable(),
  })
  .meta({ id: 'MirrorRow' })

export const MirrorDetails = MirrorRow.extend({
  rules: MirrorRules,
  /** When its upstream allows more again, after a run that failed because of that. */
  wait_until: wireDate.nullable(),
}).meta({ id: 'MirrorDetails' })

const mirrorColumns = ['repository', 'upstream', 'state', 'last_success', 'next_run'] as const

export const listMirrors = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/mirrors',
  operationId: 'listMirrors',
  summary: 'All mirrors, a page at a time.',
  query: z.object({
    ...listQuery(mirrorColumns),
    state: MirrorState.describe('Only mirrors in this state').optional(),
    upstream: queryText('Only mirrors of this host').optional(),
    namespace: queryText('Only mirrors of this organization or user').optional(),
  }),
  responses: { 200: listPage(MirrorRow, mirrorColumns) },
})

export const getMirrorOverview = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/mirrors/overview',
  operationId: 'getMirrorOverview',
  summary: 'How many mirrors are in which state, what comes in now, and from where.',
  responses: {
    200: z.object({
      total: z.int(),
      states: z.partialRecord(MirrorState, z.int()),
      /** Organizations and users that have mirrors, the first 500. */
      namespaces: z.array(z.string()),
      /** Bytes a second that come in now. */
      rate: z.number(),
      /** Bytes that runs of this process fetched in each of the last 60 minutes, the oldest first. */
      hour: z.array(z.int()),
      /** Bytes that runs under way have still to fetch, as far as they know. */
      remaining_bytes: z.int(),
      /** Where blobs are kept. Null: the storage does not say. */
      free_bytes: z.int().nullable(),
      workers: z.int(),
      connection: SiteConnection,
      last_success: wireDate.nullable(),
      upstreams: z.array(
        z.object({
          host: z.string(),
          mirrors: z.int(),
          /** Organizations that are caches of it. */
          caches: z.int(),
          failed: z.int(),
          running: z.int(),
          credentials: z.object({
            /** `refused`: the last runs were not let in. */
            state: z.enum(['none', 'some', 'all', 'refused']),
            since: wireDate.nullable(),
          }),
          allowance: UpstreamAllowance.nullable(),
          check: UpstreamCheck.nullable(),
          last_success: wireDate.nullable(),
          /** The latest failure that nothing good came after. */
          code: MirrorFailure.nullable(),
          message: z.string().nullable(),
        }),
      ),
    }),
  },
})

export const changeMirrors = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/mooring/mirrors/bulk',
  operationId: 'changeMirrors',
  summary: 'Does one thing to many mirrors; each as if it were the only one.',
  rule: { kind: 'user' },
  scope: 'repo:admin',
  switches,
  body: z.object({
    /** `pause` also ends what runs; `delete` ends the mirroring and keeps the images. */
    action: z.enum(['sync', 'cancel', 'pause', 'resume', 'delete', 'change']),
    /** What `change` sets; what is not named stays. */
    change: z
      .object({
        sync_interval: z.int().min(1).max(3_153_600_000).optional(),
        sync_start_date: z.string().max(64).optional(),
        patterns: z.array(z.string().min(1).max(longestReference)).min(1).max(1_000).optional(),
        rules: MirrorRulesChange.optional(),
      })
      .optional(),
    repositories: z.array(z.string().max(longestReference)).max(bulkAtMost),
  }),
  responses: { 200: z.object({ results: z.array(BulkResult) }) },
})

/** A mirror that may be there or not. What is not named is that of the one that is there. */
export const MirrorWish = z.object({
  external_reference: z.string().max(longestReference).optional(),
  external_registry_username: z.string().max(4_096).nullable().optional(),
  external_registry_password: z.string().max(65_536).nullable().optional(),
  external_registry_config: UpstreamSettings.optional(),
  patterns: z.array(z.string().min(1).max(longestReference)).max(1_000).optional(),
  rules: MirrorRulesChange.optional(),
})

const tagPreview = z
  .object({
    /** Tags that the upstream has. */
    total: z.int(),
    matched: z.int(),
    /** The first of them, in the order of names. */
    tags: z.array(z.string()),
    /** The first of the others. */
    others: z.array(z.string()),
  })
  .meta({ id: 'MirrorTagPreview' })

export const previewMirrorTags = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/mirrors/preview',
  operationId: 'previewMirrorTags',
  summary: 'Which tags of an upstream a mirror would have; changes nothing.',
  body: MirrorWish.required({ external_reference: true }),
  responses: { 200: tagPreview },
})

export const previewRepositoryMirrorTags = endpoint({
  ...ofRepository,
  method: 'POST',
  path: '/api/v1/mooring/repository/{repository}/mirror/preview',
  operationId: 'previewRepositoryMirrorTags',
  summary: 'Which tags of its upstream, or of another, a repository would mirror; changes nothing.',
  body: MirrorWish,
  responses: { 200: tagPreview },
})

export const dryRunMirror = endpoint({
  ...ofRepository,
  method: 'POST',
  path: '/api/v1/mooring/repository/{repository}/mirror/dry-run',
  operationId: 'dryRunMirror',
  summary: 'What mirroring now would do to each tag; changes nothing.',
  responses: {
    200: z.object({
      /** False when there are more tags than one answer looks at. */
      complete: z.boolean(),
      counts: z.object({
        new: z.int(),
        updated: z.int(),
        unchanged: z.int(),
        removed: z.int(),
        failed: z.int(),
      }),
      tags: z.array(
        z.object({
          name: z.string(),
          action: z.enum(['new', 'updated', 'unchanged', 'removed', 'kept', 'failed']),
          upstream_digest: z.string().nullable(),
          local_digest: z.string().nullable(),
          message: z.string().optional(),
        }),
      ),
    }),
  },
})

export const getMirrorDetails = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/mirror',
  operationId: 'getMirrorDetails',
  summary: 'A mirror, what it does now and what it did last.',
  responses: { 200: MirrorDetails },
})

export const changeMirrorRules = endpoint({
  ...ofRepository,
  method: 'PUT',
  path: '/api/v1/mooring/repository/{repository}/mirror',
  operationId: 'changeMirrorRules',
  summary: 'Changes what is mirrored beside the patterns; what is not named stays.',
  body: MirrorRulesChange,
  responses: { 200: MirrorDetails },
})

export const deleteMirror = endpoint({
  ...ofRepository,
  method: 'DELETE',
  path: '/api/v1/mooring/repository/{repository}/mirror',
  operationId: 'deleteMirror',
  summary: 'Ends the mirroring: the images stay, and people may push again.',
  responses: { 204: null },
})

export const listMirrorRuns = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/mirror/runs',
  operationId: 'listMirrorRuns',
  summary: 'What a mirror did, the newest run first.',
  query: nextPageQuery,
  responses: { 200: z.object({ runs: z.array(MirrorRun), next_page: nextPage }) },
})

export const MirrorTagState = z.enum([
  ...(['waiting', 'running', 'new', 'updated', 'unchanged', 'failed', 'cancelled'] as const),
])

export const listMirrorTags = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/mirror/tags',
  operationId: 'listMirrorTags',
  summary: 'The tags of the run under way, or of the last one, by name.',
  query: nextPageQuery.extend({
    state: MirrorTagState.describe('Only tags in this state').optional(),
  }),
  responses: {
    200: z.object({
      tags: z.array(
        z.object({
          name: z.string(),
          state: MirrorTagState,
          digest: z.string().nullable(),
          bytes: z.int(),
          code: MirrorFailure.nullable(),
          message: z.string().nullable(),
          changed: wireDate,
        }),
      ),
      next_page: nextPage,
    }),
  },
})
