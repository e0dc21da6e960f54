import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { imageLayers, type ImageLayer } from './image-layers.ts'
import type { ManifestContent } from './manifest-content.ts'
import { isImageConfig, isIndexMediaType } from './manifest-media-types.ts'
import { manifestStore, type ManifestDetails } from './manifest-store.ts'
import { parseManifest } from './parse-manifest.ts'
import { readConfig, type BlobReader } from './read-config.ts'

export type ManifestViewService = ReturnType<typeof createManifestViewService>

export interface ManifestView {
  readonly manifest: ManifestDetails
  readonly isIndex: boolean
  readonly text: string
  /** Undefined for an index. */
  readonly layers: readonly ImageLayer[] | undefined
}

/** A manifest as people look at it. */
export function createManifestViewService({
  db,
  storage,
  content,
  clock,
}: {
  db: Db
  storage: BlobReader
  content: ManifestContent
  clock: Clock
}) {
  const manifests = manifestStore(db)

  /** Only what the repository may see: a manifest can name any digest. */
  async function findConfig(repositoryId: number, bytes: Buffer, mediaType: string) {
    const { configDigest, configMediaType } = parseManifest(bytes, mediaType)
    if (configDigest === undefined || !isImageConfig(configMediaType)) return undefined
    const blob = await blobStore(db).findVisible(repositoryId, configDigest, clock.now())
    return blob && readConfig(storage, configDigest)
  }

  return {
    /** @throws Problem `not-found` when it is not there, or nothing that lives reaches it */
    async get(repositoryId: number, digest: string): Promise<ManifestView> {
      const manifest = isDigest(digest)
        ? await manifests.findDetails(repositoryId, digest)
        : undefined
      if (
        manifest === undefined ||
        !(await manifests.isAlive(repositoryId, manifest.id, clock.now()))
      ) {
        throw new Problem('not-found')
      }
      const bytes = await content.read(manifest.digest)
      const text = bytes.toString()
      if (isIndexMediaType(manifest.media_type)) {
        return { manifest, isIndex: true, text, layers: undefined }
      }
      const config = await findConfig(repositoryId, bytes, manifest.media_type)
      return { manifest, isIndex: false, text, layers: imageLayers(JSON.parse(text), config) }
    },
  }
}
