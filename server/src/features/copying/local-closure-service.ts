import type { Database } from '../../db/open.ts'
import { isDigest, type Digest } from '../../storage/digest.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { parseManifest } from '../manifests/parse-manifest.ts'
import { chooseChildren, type IndexLimits } from './platform-filter.ts'

export type LocalClosure = ReturnType<typeof createLocalClosure>

/** Tells whether all that a manifest refers to is in its repository. */
export function createLocalClosure({
  database,
  indexLimits,
}: {
  database: Database
  indexLimits: IndexLimits
}) {
  const manifests = manifestStore(database.db)

  return {
    /**
     * The digests of a manifest and those below it; undefined when something is missing.
     * @param platforms those whose images have to be there; all when empty.
     */
    async find(
      repositoryId: number,
      root: Digest,
      platforms: readonly string[],
    ): Promise<readonly Digest[] | undefined> {
      const seen = new Set([root])
      for (const digest of seen) {
        const row = await manifests.findByDigest(repositoryId, digest)
        const bytes = row && (await manifests.readContent(digest))
        if (row === undefined || bytes === undefined) return undefined
        const parsed = parseManifest(bytes, row.media_type)
        if (isIndexMediaType(row.media_type)) {
          const all = parsed.children.map((child) => child.digest)
          const wanted =
            platforms.length === 0 ? all : chooseChildren(bytes, platforms, indexLimits).digests
          for (const child of wanted) if (isDigest(child)) seen.add(child)
        } else if ((await manifests.countBlobs(row.id)) < parsed.blobs.length) return undefined
      }
      return [...seen]
    },
  }
}
