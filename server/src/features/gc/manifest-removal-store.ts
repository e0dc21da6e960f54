import type { Db } from '../../db/tables.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Instant } from '../../platform/clock.ts'
import type { ManifestNode } from './reachability-store.ts'
import type { RowCounts } from './tally.ts'

export interface RemovedManifest {
  readonly counts: RowCounts
  /** Blobs that it referred to. */
  readonly blobIds: readonly number[]
}

/** Queries that take a manifest apart. */
export function manifestRemovalStore(db: Db) {
  const content = async (digest: string) => {
    // Held first and looked at then, in two statements: a push that holds it already has committed
    // by the second, which sees its manifest.
    if (hasRowLocks(db)) {
      await db
        .selectFrom('manifest_content')
        .select('digest')
        .where('digest', '=', digest)
        .forUpdate()
        .execute()
    }
    return db
      .deleteFrom('manifest_content')
      .where('digest', '=', digest)
      .where((e) =>
        e.not(
          e.exists(
            e
              .selectFrom('manifest')
              .select('manifest.id')
              .whereRef('manifest.digest', '=', 'manifest_content.digest'),
          ),
        ),
      )
      .executeTakeFirstOrThrow()
  }

  return {
    /**
     * Removes a manifest with the tag rows that are left on it, and ends the holds of its referrers.
     * Its content goes with the last manifest of that digest in any repository.
     */
    async remove(
      { id, repository_id, digest }: ManifestNode,
      now: Instant,
    ): Promise<RemovedManifest> {
      const tags = await db
        .deleteFrom('tag')
        .where('manifest_id', '=', id)
        .executeTakeFirstOrThrow()
      const labels = await db
        .deleteFrom('manifestlabel')
        .where('manifest_id', '=', id)
        .executeTakeFirstOrThrow()
      const pulls = await db
        .deleteFrom('manifestpullstatistics')
        .where('manifest_id', '=', id)
        .executeTakeFirstOrThrow()
      const children = await db
        .deleteFrom('manifest_child')
        .where('manifest_id', '=', id)
        .executeTakeFirstOrThrow()
      const blobs = await db
        .deleteFrom('manifest_blob')
        .where('manifest_id', '=', id)
        .returning('blob_id')
        .execute()
      const manifests = await db
        .deleteFrom('manifest')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      await db
        .updateTable('tag')
        .set({ lifetime_end_ms: now })
        .where('hidden', '=', 1)
        .where('lifetime_end_ms', 'is', null)
        .where('manifest_id', 'in', (e) =>
          e
            .selectFrom('manifest')
            .select('manifest.id')
            .where('manifest.repository_id', '=', repository_id)
            .where('manifest.subject_digest', '=', digest),
        )
        .execute()
      const contents = await content(digest)
      return {
        counts: {
          Tag: Number(tags.numDeletedRows),
          ManifestLabel: Number(labels.numDeletedRows),
          ManifestPullStatistics: Number(pulls.numDeletedRows),
          ManifestChild: Number(children.numDeletedRows),
          ManifestBlob: blobs.length,
          Manifest: Number(manifests.numDeletedRows),
          ManifestContent: Number(contents.numDeletedRows),
        },
        blobIds: blobs.map((row) => row.blob_id),
      }
    },

    /** Some manifests of a repository that is being purged. */
    listSome: (repositoryId: number, limit: number): Promise<ManifestNode[]> =>
      db
        .selectFrom('manifest')
        .select(['id', 'repository_id', 'digest', 'subject_digest'])
        .where('repository_id', '=', repositoryId)
        .orderBy('digest')
        .limit(limit)
        .execute(),
  }
}
