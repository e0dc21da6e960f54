import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface IncompleteManifest {
  readonly id: number
  readonly repositoryId: number
  readonly repository: string
  readonly digest: string
  /** What it refers to, as a signature does to an image. */
  readonly subject: string | null
}

/** Queries about what is not here and should be. */
export function missingStore(db: Db) {
  return {
    /** Manifests after an id, whole or not. */
    page: (after: number, limit: number): Promise<IncompleteManifest[]> =>
      db
        .selectFrom('manifest')
        .innerJoin('repository', 'repository.id', 'manifest.repository_id')
        .select([
          'manifest.id',
          'manifest.repository_id as repositoryId',
          'repository.full_name as repository',
          'manifest.digest',
          'manifest.subject_digest as subject',
        ])
        .where('manifest.id', '>', after)
        .orderBy('manifest.id')
        .limit(limit)
        .execute(),

    /** Children that these manifests list and that are not in their repository. */
    absentChildren: (first: number, last: number) =>
      db
        .selectFrom('manifest_child as child')
        .select(['child.manifest_id', 'child.child_digest'])
        .where('child.manifest_id', '>=', first)
        .where('child.manifest_id', '<=', last)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('manifest as found')
                .select('found.id')
                .whereRef('found.repository_id', '=', 'child.repository_id')
                .whereRef('found.digest', '=', 'child.child_digest'),
            ),
          ),
        )
        .execute(),

    /** Those of the manifests whose subject is not in their repository. */
    async withoutSubject(first: number, last: number): Promise<ReadonlySet<number>> {
      const rows = await db
        .selectFrom('manifest')
        .select('manifest.id')
        .where('manifest.id', '>=', first)
        .where('manifest.id', '<=', last)
        .where('manifest.subject_digest', 'is not', null)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('manifest as found')
                .select('found.id')
                .whereRef('found.repository_id', '=', 'manifest.repository_id')
                .whereRef('found.digest', '=', 'manifest.subject_digest'),
            ),
          ),
        )
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** The tags that are on a manifest. */
    async tagsOn(manifestId: number, now: Instant, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('tag')
        .select('name')
        .where('manifest_id', '=', manifestId)
        .where('hidden', '=', 0)
        .where((e) => e.or([e('lifetime_end_ms', 'is', null), e('lifetime_end_ms', '>', now)]))
        .orderBy('name')
        .limit(limit)
        .execute()
      return rows.map(({ name }) => name)
    },

    /** Some images that a blob belongs to. */
    imagesWith: (digest: string, limit: number) =>
      db
        .selectFrom('blob')
        .innerJoin('manifest_blob', 'manifest_blob.blob_id', 'blob.id')
        .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
        .innerJoin('repository', 'repository.id', 'manifest.repository_id')
        .select(['repository.full_name as repository', 'manifest.digest'])
        .where('blob.digest', '=', digest)
        .orderBy('manifest.id')
        .limit(limit)
        .execute(),
  }
}
