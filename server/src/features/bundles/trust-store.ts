import type { Selectable } from 'kysely'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface BundleAnchorTable {
  key_id: string
  name: string
  public_key: string
  added_at: Instant
  added_by: string | null
}

export type AnchorRow = Selectable<BundleAnchorTable>

const mostAnchors = 500

/** Queries of `bundleanchor`: keys whose bundles and receipts are accepted. */
export function trustStore(db: Db) {
  return {
    list: (): Promise<AnchorRow[]> =>
      db.selectFrom('bundleanchor').selectAll().orderBy('key_id').limit(mostAnchors).execute(),

    find: (keyId: string): Promise<AnchorRow | undefined> =>
      db.selectFrom('bundleanchor').selectAll().where('key_id', '=', keyId).executeTakeFirst(),

    /** False when the key is there already. */
    async insert(row: AnchorRow): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('bundleanchor')
        .values(row)
        .onConflict((conflict) => conflict.column('key_id').doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    async remove(keyId: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('bundleanchor')
        .where('key_id', '=', keyId)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
