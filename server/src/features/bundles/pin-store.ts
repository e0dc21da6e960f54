import { sql } from 'kysely'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { inBatches } from '../blobs/blob-store.ts'

/** "Came in with this bundle": keeps a blob until manifests refer to it, or the time is over. */
export interface BundlePinTable {
  blob_id: number
  bundle_id: string
  expires_at: Instant
}

const digestsAtOnce = 400

/** Queries about which blobs are here, and the pins that keep those of a bundle. */
export function pinStore(db: Db) {
  return {
    /** Those of the digests that are here, with their ids. */
    async findBlobs(digests: readonly Digest[]): Promise<Map<Digest, number>> {
      const found = new Map<Digest, number>()
      for (const some of inBatches(digests, digestsAtOnce)) {
        const rows = await db
          .selectFrom('blob')
          .select(['id', 'digest'])
          .where('digest', 'in', some)
          .where('doomed', '=', 0)
          .execute()
        for (const { id, digest } of rows) found.set(parseDigest(digest), id)
      }
      return found
    },

    async findManifests(digests: readonly Digest[]): Promise<Set<Digest>> {
      const found = new Set<Digest>()
      for (const some of inBatches(digests, digestsAtOnce)) {
        const rows = await db
          .selectFrom('manifest_content')
          .select('digest')
          .where('digest', 'in', some)
          .execute()
        for (const { digest } of rows) found.add(parseDigest(digest))
      }
      return found
    },

    /** False when the blob is being removed. */
    async pin(blobId: number, bundleId: string, expiresAt: Instant): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('bundlepin')
        .columns(['blob_id', 'bundle_id', 'expires_at'])
        .expression(
          db
            .selectFrom('blob')
            .select([
              'id as blob_id',
              sql<string>`cast(${bundleId} as text)`.as('bundle_id'),
              sql<number>`cast(${expiresAt} as bigint)`.as('expires_at'),
            ])
            .where('id', '=', blobId)
            .where('doomed', '=', 0)
            .$if(hasRowLocks(db), (query) => query.forKeyShare()),
        )
        .onConflict((conflict) =>
          conflict.columns(['blob_id', 'bundle_id']).doUpdateSet({ expires_at: expiresAt }),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    unpin: (bundleId: string) =>
      db.deleteFrom('bundlepin').where('bundle_id', '=', bundleId).execute(),

    removeExpired: (now: Instant) =>
      db.deleteFrom('bundlepin').where('expires_at', '<=', now).execute(),

    /** Every digest that is here, in the order of their texts: a page after `after`. */
    async pageBlobs(after: string, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('blob')
        .select('digest')
        .where('digest', '>', after)
        .where('doomed', '=', 0)
        .orderBy('digest')
        .limit(limit)
        .execute()
      return rows.map((row) => row.digest)
    },

    async pageManifests(after: string, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('manifest_content')
        .select('digest')
        .where('digest', '>', after)
        .orderBy('digest')
        .limit(limit)
        .execute()
      return rows.map((row) => row.digest)
    },
  }
}
