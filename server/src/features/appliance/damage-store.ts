import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

const digestsAtOnce = 500

export type DamageReason = 'missing' | 'changed' | 'unreadable'

/** Blobs whose bytes are not what their digest says. */
export interface DamagedBlobTable {
  digest: string
  size_bytes: number
  reason: DamageReason
  found_at: Instant
}

/** Queries of `damagedblob`, and of the blobs that are looked at. */
export function damageStore(db: Db) {
  return {
    record: (damage: DamagedBlobTable) =>
      db
        .insertInto('damagedblob')
        .values(damage)
        .onConflict((conflict) => conflict.column('digest').doUpdateSet({ reason: damage.reason }))
        .execute(),

    forget: (digest: string) => db.deleteFrom('damagedblob').where('digest', '=', digest).execute(),

    list: (limit: number) =>
      db.selectFrom('damagedblob').selectAll().orderBy('digest').limit(limit).execute(),

    /** Which of some digests are damaged. */
    async among(digests: readonly string[]): Promise<ReadonlySet<string>> {
      const found = new Set<string>()
      for (let from = 0; from < digests.length; from += digestsAtOnce) {
        const rows = await db
          .selectFrom('damagedblob')
          .select('digest')
          .where('digest', 'in', digests.slice(from, from + digestsAtOnce))
          .execute()
        for (const { digest } of rows) found.add(digest)
      }
      return found
    },

    async count(): Promise<number> {
      const row = await db
        .selectFrom('damagedblob')
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return row.count
    },

    /** Some repositories whose manifests refer to a blob. */
    async repositoriesWith(digest: string, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('blob')
        .innerJoin('manifest_blob', 'manifest_blob.blob_id', 'blob.id')
        .innerJoin('repository', 'repository.id', 'manifest_blob.repository_id')
        .select('repository.full_name')
        .where('blob.digest', '=', digest)
        .distinct()
        .limit(limit)
        .execute()
      return rows.map(({ full_name }) => full_name)
    },

    isKnown: async (digest: string): Promise<boolean> =>
      (await db
        .selectFrom('blob')
        .select('id')
        .where('digest', '=', digest)
        .where('doomed', '=', 0)
        .executeTakeFirst()) !== undefined,

    blobsAfter: (id: number, limit: number) =>
      db
        .selectFrom('blob')
        .select(['id', 'digest', 'size_bytes'])
        .where('id', '>', id)
        .where('doomed', '=', 0)
        .orderBy('id')
        .limit(limit)
        .execute(),
  }
}
