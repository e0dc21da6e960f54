import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'

/** Which tags are wanted, beside their names. */
export interface TagRules {
  readonly label?: { readonly key: string; readonly value?: string | undefined }
  readonly pulledSince?: Instant
}

export interface TaggedManifest {
  readonly tag: string
  readonly digest: string
  readonly media_type: string
  readonly size_bytes: number
  readonly lifetime_start_ms: Instant
}

/** Queries that walk over the content of the registry for a bundle, a page at a time. */
export function bundleContentStore(db: Db) {
  return {
    /** Repositories in the order of their names, those that begin with `prefix`. */
    pageRepositories: (prefix: string, after: string, limit: number) =>
      db
        .selectFrom('repository')
        .select(['id', 'full_name'])
        .where('full_name', '>', after > prefix ? after : prefix)
        .$if(prefix !== '', (query) => query.where('full_name', '<', `${prefix}\u{10ffff}`))
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .where(ofLiveNamespace)
        .orderBy('full_name')
        .limit(limit)
        .execute(),

    /** Live tags in the order of their names, with what they point at. */
    pageTags: async (
      repositoryId: number,
      after: string,
      limit: number,
      now: Instant,
      { label, pulledSince }: TagRules = {},
    ): Promise<TaggedManifest[]> => {
      const rows = await db
        .selectFrom('tag')
        .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
        .select(['tag.live_name', 'manifest.digest', 'manifest.media_type', 'manifest.size_bytes'])
        .select('tag.lifetime_start_ms')
        .where('tag.repository_id', '=', repositoryId)
        .where('tag.live_name', '>', after)
        .where((eb) =>
          eb.or([eb('tag.lifetime_end_ms', 'is', null), eb('tag.lifetime_end_ms', '>', now)]),
        )
        .$if(label !== undefined, (query) =>
          query.where((eb) =>
            eb.exists(
              eb
                .selectFrom('manifestlabel')
                .select('manifestlabel.id')
                .whereRef('manifestlabel.manifest_id', '=', 'manifest.id')
                .where('manifestlabel.key', '=', label?.key ?? '')
                .$if(label?.value !== undefined, (query) =>
                  query.where('manifestlabel.value', '=', label?.value ?? ''),
                ),
            ),
          ),
        )
        .$if(pulledSince !== undefined, (query) =>
          query.where((eb) =>
            eb.exists(
              eb
                .selectFrom('tagpullstatistics')
                .select('tagpullstatistics.tag_name')
                .whereRef('tagpullstatistics.repository_id', '=', 'tag.repository_id')
                .whereRef('tagpullstatistics.tag_name', '=', 'tag.name')
                .where('tagpullstatistics.last_pulled_at', '>=', pulledSince ?? 0),
            ),
          ),
        )
        .orderBy('tag.live_name')
        .limit(limit)
        .execute()
      return rows.map(({ live_name, ...row }) => ({ ...row, tag: live_name ?? '' }))
    },

    /** Whether a tag pointed at this manifest before what it points at now. */
    async wasTaggedBefore(repositoryId: number, tag: string, digest: string): Promise<boolean> {
      const row = await db
        .selectFrom('tag')
        .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
        .select('tag.id')
        .where('tag.repository_id', '=', repositoryId)
        .where('tag.name', '=', tag)
        .where('tag.live_name', 'is', null)
        .where('manifest.digest', '=', digest)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Those of the digests that manifests of a namespace refer to. */
    async listLinkedIn(namespaceId: number, digests: readonly string[]): Promise<string[]> {
      const rows = await db
        .selectFrom('blob')
        .select('digest')
        .where('digest', 'in', digests)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('manifest_blob')
              .select('manifest_blob.blob_id')
              .whereRef('manifest_blob.blob_id', '=', 'blob.id')
              .where('manifest_blob.namespace_user_id', '=', namespaceId),
          ),
        )
        .execute()
      return rows.map((row) => row.digest)
    },
  }
}
