import type { Selectable } from 'kysely'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface BundleReceiptTable {
  id: string
  added_at: Instant
  site: string
  key_id: string
  form: 'full' | 'summary'
  digests: number
  free_bytes: number | null
  bundles_json: string
  is_trusted: number
}

export interface BundleRequestTable {
  bundle_id: string
  created_at: Instant
  missing: number
  size_bytes: number
  document: string
}

export type ReceiptRow = Selectable<BundleReceiptTable>
export type RequestRow = Selectable<BundleRequestTable>

export interface ReceiptPosition {
  readonly at: Instant
  readonly id: string
}

const mostRequests = 500

/** Queries of `bundlereceipt` and `bundlerequest`: what comes back across the gap, and what goes. */
export function receiptStore(db: Db) {
  return {
    find: (id: string): Promise<ReceiptRow | undefined> =>
      db.selectFrom('bundlereceipt').selectAll().where('id', '=', id).executeTakeFirst(),

    put: (row: ReceiptRow) =>
      db
        .insertInto('bundlereceipt')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),

    /** The latest first. */
    page: (after: ReceiptPosition | undefined, limit: number): Promise<ReceiptRow[]> =>
      db
        .selectFrom('bundlereceipt')
        .selectAll()
        .$if(after !== undefined, (query) =>
          query.where((e) =>
            e.or([
              e('added_at', '<', after?.at ?? 0),
              e.and([e('added_at', '=', after?.at ?? 0), e('id', '<', after?.id ?? '')]),
            ]),
          ),
        )
        .orderBy('added_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    findRequest: (bundleId: string): Promise<RequestRow | undefined> =>
      db
        .selectFrom('bundlerequest')
        .selectAll()
        .where('bundle_id', '=', bundleId)
        .executeTakeFirst(),

    putRequest: (row: RequestRow) =>
      db
        .insertInto('bundlerequest')
        .values(row)
        .onConflict((conflict) => conflict.column('bundle_id').doUpdateSet(row))
        .execute(),

    removeRequest: (bundleId: string) =>
      db.deleteFrom('bundlerequest').where('bundle_id', '=', bundleId).execute(),

    listRequests: () =>
      db
        .selectFrom('bundlerequest')
        .select(['bundle_id', 'created_at', 'missing', 'size_bytes'])
        .orderBy('bundle_id', 'desc')
        .limit(mostRequests)
        .execute(),
  }
}
