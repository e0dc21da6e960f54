import type { Db } from '../db/tables.ts'

const examinedAtMost = 3

/** A few manifests of each kind, with their content and the blobs that they need. */
export function manifestSampleStore(db: Db) {
  return {
    async kinds(): Promise<readonly string[]> {
      const found: string[] = []
      // The table is read once at most for each of the few kinds, and only at an upgrade.
      for (;;) {
        const row = await db
          .selectFrom('manifest')
          .select('media_type')
          .$if(found.length > 0, (query) => query.where('media_type', 'not in', found))
          .limit(1)
          .executeTakeFirst()
        if (row === undefined) return found
        found.push(row.media_type)
      }
    },

    newest: (kind: string) =>
      db
        .selectFrom('manifest')
        .innerJoin('manifest_content', 'manifest_content.digest', 'manifest.digest')
        .select(['manifest.id', 'manifest.digest', 'manifest_content.bytes'])
        .where('manifest.media_type', '=', kind)
        .orderBy('manifest.id', 'desc')
        .limit(examinedAtMost)
        .execute(),

    blobs: (manifestId: number) =>
      db
        .selectFrom('manifest_blob')
        .innerJoin('blob', 'blob.id', 'manifest_blob.blob_id')
        .select(['blob.digest', 'blob.size_bytes'])
        .where('manifest_blob.manifest_id', '=', manifestId)
        .limit(examinedAtMost)
        .execute(),
  }
}
