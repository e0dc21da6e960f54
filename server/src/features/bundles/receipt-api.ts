import { z } from 'zod'

import {
  addReceipt,
  getBundleRequest,
  getMissingRequest,
  getReceipt,
  listBundleRequests,
  listMissingContent,
  listReceipts,
} from '../../contract/mooring-bundle-trust.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import { answering } from './bundle-view.ts'
import type { MissingContents } from './missing-content-service.ts'
import type { BundleReceipts } from './receipt-service.ts'
import type { ReceiptRow } from './receipt-store.ts'

const pageSize = 50
const Manifest = z.object({ after: z.number() })
const Position = z.object({ at: z.number(), id: z.string() })

/** What goes back across the gap: receipts and requests. */
export function receiptApi({
  receipts,
  missing,
  pageTokens,
}: {
  receipts: BundleReceipts
  missing: MissingContents
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(getReceipt, async ({ query }) => {
      const { form } = query
      if (form !== undefined && form !== 'summary' && form !== 'full') {
        throw new Problem('request-invalid', { message: 'form must be "summary" or "full"' })
      }
      const made = await receipts.make(form === 'summary')
      return {
        ...{ id: made.id, created: wireDate(made.createdAt), key_id: made.keyId },
        ...{ blobs: made.blobs, free_bytes: made.freeBytes, bundles: made.bundles },
        summary: made.bundles[0] ?? null,
        file_name: `${made.keyId.toLowerCase()}.receipt`,
        document: made.document?.toString('base64') ?? null,
      }
    }),

    route(listReceipts, async ({ query }) => {
      const after = pageTokens.open('bundle-receipts', query.next_page, Position)
      const rows = await receipts.page(after, pageSize + 1)
      const page = rows.slice(0, pageSize)
      const last = page.at(-1)
      return {
        receipts: await Promise.all(
          page.map(async (row) => present(row, await receipts.wantedOf(row.id))),
        ),
        ...(rows.length > pageSize &&
          last !== undefined && {
            next_page: pageTokens.seal('bundle-receipts', { at: last.added_at, id: last.id }),
          }),
      }
    }),

    route(addReceipt, ({ body: { document, summary } }) =>
      answering(async () => {
        if ((document === undefined) === (summary === undefined)) {
          throw new Problem('rule-violated', {
            message: 'Give a document or a summary, one of them.',
          })
        }
        const row =
          document === undefined
            ? await receipts.addSummary(summary ?? '')
            : await receipts.addDocument(Buffer.from(document, 'base64'))
        return present(row, await receipts.wantedOf(row.id))
      }),
    ),

    route(listMissingContent, async ({ query }) => {
      const { after } = pageTokens.open('missing-content', query.next_page, Manifest) ?? {}
      const { found, next } = await missing.look(after ?? 0)
      return {
        images: found.map(({ tags, missing: digests, platforms, ...image }) => ({
          ...{ ...image, tags: [...tags], missing: [...digests], platforms: [...platforms] },
        })),
        ...(next !== undefined && {
          next_page: pageTokens.seal('missing-content', { after: next }),
        }),
      }
    }),

    route(getMissingRequest, async () => {
      const { text, images } = await missing.request()
      return { file_name: 'missing-images.yaml', images, document: text }
    }),

    route(listBundleRequests, async () => ({
      requests: (await receipts.listRequests()).map(
        ({ bundle_id, created_at, missing, size_bytes }) => ({
          ...{ bundle_id, missing, created: wireDate(created_at), bytes: size_bytes },
        }),
      ),
    })),

    route(getBundleRequest, async ({ params }) => {
      const { bundle_id, missing, document } = await receipts.findRequest(params.bundle_id)
      return { bundle_id, missing, document, file_name: `request-${bundle_id}.json` }
    }),
  ]
}

function present(row: ReceiptRow, wanted: readonly string[]) {
  return {
    ...{ id: row.id, added: wireDate(row.added_at), site: row.site, key_id: row.key_id },
    ...{ form: row.form, digests: row.digests, free_bytes: row.free_bytes },
    bundles: JSON.parse(row.bundles_json) as string[],
    is_trusted: row.is_trusted === 1,
    wanted: [...wanted],
  }
}
