import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import type { UpstreamManifest } from '../../upstream/upstream.ts'
import type { Push, PushResult } from '../manifests/manifest-push-service.ts'
import type { Reference } from '../manifests/manifest-reference.ts'
import { parseManifest, type ParsedManifest } from '../manifests/parse-manifest.ts'
import { endOf } from './cached-manifest-service.ts'
import { cachedManifestStore } from './cached-manifest-store.ts'
import { proxiedBlobStore } from './proxied-blob-store.ts'
import type { ProxyCache } from './proxy-caches-service.ts'
import type { Room } from './room-service.ts'

export type CacheFill = ReturnType<typeof createCacheFill>

/** Layers are fetched ahead once the client that asked has begun to pull them itself. */
const aheadAfterMs = 5_000

/**
 * Puts a manifest of an upstream into the cache: its bytes as they came, its tag with an end, and of
 * its blobs, what is missing. They come when they are asked for.
 */
export function createCacheFill({
  clock,
  push,
  withRoom,
  fetchesAhead,
}: {
  clock: Clock
  /** Takes manifests whose blobs are not here. */
  push: (push: Push) => Promise<PushResult>
  withRoom: Room['within']
  fetchesAhead: boolean
}) {
  return {
    /** @throws Problem `manifest-invalid`, `manifest-media-type` */
    parse: ({ bytes, mediaType }: Pick<UpstreamManifest, 'bytes' | 'mediaType'>): ParsedManifest =>
      parseManifest(bytes, mediaType),

    /** What stores it has the room to itself. @throws Problem `quota-exceeded` */
    async withRoom<T>(
      cache: ProxyCache,
      parsed: ParsedManifest,
      work: () => Promise<T>,
    ): Promise<T> {
      const imageBytes = parsed.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      return imageBytes > 0 ? withRoom(cache, imageBytes, work) : work()
    },

    async store(
      cache: ProxyCache,
      repositoryId: number,
      reference: Reference,
      { bytes, mediaType, digest }: UpstreamManifest,
    ): Promise<void> {
      const tags = reference.kind === 'tag' ? [reference.tag] : []
      const record = async (
        tx: Db,
        { manifestId, missing }: { manifestId: number; missing: ParsedManifest['blobs'] },
      ) => {
        const now = clock.now()
        const end = endOf(cache, now)
        const store = cachedManifestStore(tx)
        for (const tag of tags) await store.setTagEnd(repositoryId, tag, end)
        await store.setHoldEnds(manifestId, end, now)
        const manifest = { repositoryId, id: manifestId }
        await proxiedBlobStore(tx).insert(
          manifest,
          missing,
          fetchesAhead ? now + aheadAfterMs : null,
        )
      }
      try {
        await push({
          ...{ repositoryId, bytes, tags, record },
          reference: { kind: 'digest', digest },
          contentType: mediaType,
        })
      } catch (error) {
        // Frozen meanwhile: it stays where it is.
        if (!isProblem(error, 'tag-immutable')) throw error
      }
    },
  }
}
