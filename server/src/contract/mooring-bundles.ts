import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import {
  BundleChanges,
  bundleContent,
  bundleIdentity,
  BundleUpstream,
  BundleFact,
  BundleJob,
  BundleManifestView,
  BundlePlan,
  BundleSignature,
  BundleSource,
  BundleVolumeView,
  bundleWriting,
  importChoices,
  superuserOfBundles as superuser,
} from './mooring-bundle-values.ts'
import { nextPage, nextPageQuery, queryText, wireDate } from './values.ts'

const bytes = z.number().nonnegative()
const path = z.string().min(1).max(4_096)
/** For registries that the list names; those that are left out are asked without credentials. */
const upstreams = z.array(BundleUpstream).max(100).optional()
const mapping = z.array(z.string().min(3).max(500)).max(100)

export const listBundles = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles',
  operationId: 'listBundles',
  summary: 'Bundles that were made or brought in, the latest first.',
  query: nextPageQuery.extend({
    direction: queryText('Only those that went "out" or came "in"').optional(),
  }),
  responses: {
    200: z.object({
      bundles: z.array(
        z.object({
          id: z.string(),
          direction: z.enum(['out', 'in']),
          stream: z.string().nullable(),
          sequence: z.int().nullable(),
          base: z.object({
            kind: z.enum(['none', 'receipt', 'bundle']),
            id: z.string().nullable(),
          }),
          source_name: z.string(),
          created: wireDate,
          entries: z.int(),
          blobs: z.int(),
          bytes,
          volumes: z.int(),
          /** Confirmed: a receipt of the other side names it. */
          state: z.enum([
            'writing',
            'ready',
            'confirmed',
            'importing',
            'imported',
            'incomplete',
            'failed',
          ]),
          job_id: z.string().nullable(),
          path: z.string().nullable(),
        }),
      ),
      next_page: nextPage,
    }),
  },
})

export const listBundlePlaces = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/places',
  operationId: 'listBundlePlaces',
  summary: 'Directories of the server where bundles may lie (MOORING_BUNDLE_PATHS).',
  responses: {
    200: z.object({
      places: z.array(
        z.object({
          path: z.string(),
          /** False for a drive that is not there now. */
          exists: z.boolean(),
          free_bytes: bytes.nullable(),
          /** Bundles that lie there. */
          bundles: z.array(z.object({ path: z.string(), id: z.string().nullable() })),
        }),
      ),
    }),
  },
})

export const planBundle = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/plans',
  operationId: 'planBundle',
  summary: 'What a bundle would carry, in numbers; nothing is written.',
  whileReadOnly: true,
  body: z.object({
    ...bundleContent,
    to: path.optional(),
    stream: bundleWriting.stream,
    encrypt: bundleWriting.encrypt,
    upstreams,
  }),
  bodyLimitBytes: 20 * 1024 * 1024,
  responses: { 200: BundlePlan },
})

export const startBundleExport = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/exports',
  operationId: 'startBundleExport',
  summary: 'Writes a bundle, or goes on with one that was broken off.',
  freshLogin: true,
  body: z.object({
    ...bundleContent,
    upstreams,
    /** A new folder below a place of the server; one named after the bundle when left out. */
    to: path.optional(),
    ...bundleWriting,
  }),
  bodyLimitBytes: 20 * 1024 * 1024,
  responses: { 202: BundleJob },
})

export const inspectBundle = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/inspect',
  operationId: 'inspectBundle',
  summary: 'What a bundle is, whether it may come in, and what that would change.',
  whileReadOnly: true,
  body: z.object({ source: BundleSource, identity: bundleIdentity, ...importChoices }),
  responses: {
    200: z.object({
      bundle: BundleManifestView,
      signature: BundleSignature,
      volumes: z.array(BundleVolumeView),
      /** The same id came in before: with the same content, or with another, which is refused. */
      seen: z.enum(['never', 'same', 'other']),
      space: z.object({ needed_bytes: bytes, free_bytes: bytes, fits: z.boolean() }),
      /** Blobs of the base that are not here. */
      missing: z.int(),
      /** Null: the lists are not sound, so nothing is known of it. */
      changes: BundleChanges.nullable(),
      /** What stands in the way. */
      refusals: z.array(BundleFact),
      warnings: z.array(BundleFact),
    }),
  },
})

export const startBundleVerification = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/verify',
  operationId: 'startBundleVerification',
  summary: 'Reads every byte of a bundle and compares it with its signed lists.',
  body: z.object({ source: BundleSource, identity: bundleIdentity }),
  responses: { 202: BundleJob },
})

export const startBundleImport = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/imports',
  operationId: 'startBundleImport',
  summary: 'Brings a bundle in; tags move last, those of a repository together.',
  freshLogin: true,
  body: z.object({
    source: BundleSource,
    identity: bundleIdentity,
    ...importChoices,
    /** Take files that lie on the same file system as they are, instead of copying them. */
    link: z.boolean().optional(),
    dry_run: z.boolean().optional(),
    /** Wait for volumes that have yet to come instead of failing. */
    wait_for_volumes: z.boolean().optional(),
  }),
  responses: { 202: BundleJob },
})

export const describeBundleClients = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/client-config',
  operationId: 'describeBundleClients',
  summary: 'Settings with which clients find mapped images here under their old names.',
  whileReadOnly: true,
  body: z.object({ map: mapping.min(1) }),
  responses: {
    200: z.object({
      files: z.array(
        z.object({
          client: z.enum(['podman', 'containerd', 'k3s', 'openshift']),
          /** Where the client looks for it; relative for files that are applied. */
          path: z.string(),
          text: z.string(),
        }),
      ),
      /** Rules that no client can be told. */
      left: z.array(z.string()),
    }),
  },
})

const upload = z
  .object({
    id: z.string(),
    created: wireDate,
    bytes,
    files: z.array(
      z.object({
        name: z.string(),
        bytes,
        /** Null: not announced yet. */
        total_bytes: bytes.nullable(),
        is_complete: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'BundleUpload' })

export const startBundleUpload = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/bundles/uploads',
  operationId: 'startBundleUpload',
  summary: 'Makes room for the files of a bundle that a browser sends.',
  responses: { 201: upload },
})

export const listBundleUploads = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/uploads',
  operationId: 'listBundleUploads',
  summary: 'Bundles that were sent, or are being sent.',
  responses: { 200: z.object({ uploads: z.array(upload.omit({ files: true })) }) },
})

export const getBundleUpload = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/uploads/{upload_id}',
  operationId: 'getBundleUpload',
  summary: 'How far the files of an upload have come.',
  responses: { 200: upload },
})

export const uploadBundleFile = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/bundles/uploads/{upload_id}/files/{name}',
  operationId: 'uploadBundleFile',
  summary:
    'Appends bytes to a file; Content-Range (bytes first-last/total) says which. Slashes of the name are sent as %2F.',
  bytes: true,
  responses: {
    200: z.object({
      name: z.string(),
      bytes,
      total_bytes: bytes.nullable(),
      is_complete: z.boolean(),
    }),
  },
})

export const discardBundleUpload = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/bundles/uploads/{upload_id}',
  operationId: 'discardBundleUpload',
  summary: 'Forgets an upload and its files.',
  responses: { 204: null },
})
