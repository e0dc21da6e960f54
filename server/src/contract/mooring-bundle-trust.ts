import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { superuserOfBundles as superuser } from './mooring-bundle-values.ts'
import { nextPage, nextPageQuery, queryText, wireDate } from './values.ts'

const bytes = z.number().nonnegative()
const documentText = z.string().min(1).max(16_777_216)

export const getReceipt = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/receipt',
  operationId: 'getReceipt',
  summary: 'What this registry holds, signed, for the side that makes bundles.',
  query: z.object({
    form: queryText('"summary" leaves the list of digests out').optional(),
  }),
  responses: {
    200: z.object({
      id: z.string(),
      created: wireDate,
      key_id: z.string(),
      blobs: z.int(),
      free_bytes: bytes,
      /** The latest bundles that came in; the last one is the summary for one-way sites. */
      bundles: z.array(z.string()),
      /** 26 characters that an operator can type or photograph. */
      summary: z.string().nullable(),
      file_name: z.string(),
      /** The file in base64; null in the summary. */
      document: z.string().nullable(),
    }),
  },
})

const ReceiptView = z
  .object({
    id: z.string(),
    added: wireDate,
    site: z.string(),
    key_id: z.string(),
    form: z.enum(['full', 'summary']),
    digests: z.int(),
    free_bytes: bytes.nullable(),
    bundles: z.array(z.string()),
    is_trusted: z.boolean(),
    /** Images that clients of the site asked for in vain, the most wanted first. */
    wanted: z.array(z.string()),
  })
  .meta({ id: 'BundleReceipt' })

export const listReceipts = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/receipts',
  operationId: 'listReceipts',
  summary: 'Receipts that came back from sites, the latest first.',
  query: nextPageQuery,
  responses: { 200: z.object({ receipts: z.array(ReceiptView), next_page: nextPage }) },
})

export const addReceipt = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/receipts',
  operationId: 'addReceipt',
  summary: 'Takes the receipt of a site, as a file or as the 26 characters of its summary.',
  body: z.object({
    /** In base64. */
    document: documentText.optional(),
    summary: z.string().min(1).max(64).optional(),
  }),
  bodyLimitBytes: 20 * 1024 * 1024,
  responses: { 201: ReceiptView },
})

export const listBundleRequests = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/requests',
  operationId: 'listBundleRequests',
  summary: 'Bundles that came in without their base, and how much of it is missing.',
  responses: {
    200: z.object({
      requests: z.array(
        z.object({ bundle_id: z.string(), created: wireDate, missing: z.int(), bytes }),
      ),
    }),
  },
})

export const getBundleRequest = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/requests/{bundle_id}',
  operationId: 'getBundleRequest',
  summary: 'The request for what is missing, which the side that makes bundles opens.',
  responses: {
    200: z.object({
      bundle_id: z.string(),
      missing: z.int(),
      file_name: z.string(),
      document: z.string(),
    }),
  },
})

export const listMissingContent = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/missing',
  operationId: 'listMissingContent',
  summary: 'Images of this registry that are not whole: damaged, sparse, or without their subject.',
  query: nextPageQuery,
  responses: {
    200: z.object({
      images: z.array(
        z.object({
          kind: z.enum(['damaged-blob', 'sparse-list', 'lone-referrer']),
          repository: z.string(),
          digest: z.string(),
          tags: z.array(z.string()),
          /** Digests of what is not here, or not what it says. */
          missing: z.array(z.string()),
          /** Of what a list lacks. */
          platforms: z.array(z.string()),
        }),
      ),
      /** Not everything was looked at; there may be more. */
      next_page: nextPage,
    }),
  },
})

export const getMissingRequest = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/bundles/missing/request',
  operationId: 'getMissingRequest',
  summary: 'A list of everything that is missing, for the side that makes bundles.',
  responses: {
    200: z.object({ file_name: z.string(), images: z.int(), document: z.string() }),
  },
})

const AnchorView = z
  .object({
    key_id: z.string(),
    name: z.string(),
    /** A key as minisign writes it. */
    public_key: z.string(),
    fingerprint: z.string(),
    added: wireDate,
    added_by: z.string().nullable(),
  })
  .meta({ id: 'TrustAnchor' })

export const listTrustAnchors = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/trust-anchors',
  operationId: 'listTrustAnchors',
  summary: 'The keys of this registry, and those whose bundles and receipts are accepted.',
  responses: {
    200: z.object({
      own: AnchorView.pick({ key_id: true, public_key: true, fingerprint: true }).extend({
        /** For whom bundles to this registry are encrypted. */
        recipient: z.string(),
      }),
      anchors: z.array(AnchorView),
    }),
  },
})

export const addTrustAnchor = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/trust-anchors',
  operationId: 'addTrustAnchor',
  summary: 'Accepts the bundles and receipts of a key.',
  freshLogin: true,
  body: z.object({
    name: z.string().trim().min(1).max(128),
    /** The file of minisign, or its second line. */
    public_key: z.string().min(1).max(4_096),
  }),
  responses: { 201: AnchorView },
})

export const removeTrustAnchor = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/trust-anchors/{key_id}',
  operationId: 'removeTrustAnchor',
  summary: 'Accepts nothing of a key any more; what came in stays.',
  freshLogin: true,
  responses: { 204: null },
})

export const listLedger = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/ledger',
  operationId: 'listLedger',
  summary: 'Every export and import that ended, the latest first; never changed.',
  query: nextPageQuery,
  responses: {
    200: z.object({
      entries: z.array(
        z.object({
          number: z.int(),
          at: wireDate,
          direction: z.enum(['out', 'in']),
          bundle_id: z.string(),
          /** Digest of the signed manifest of the bundle. */
          manifest_digest: z.string(),
          outcome: z.enum(['done', 'incomplete', 'refused']),
          by: z.string().nullable(),
          stream: z.string().nullable(),
          sequence: z.int().nullable(),
          blobs: z.int(),
          bytes,
          message: z.string().nullable(),
        }),
      ),
      next_page: nextPage,
    }),
  },
})
