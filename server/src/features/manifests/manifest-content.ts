import { LRUCache } from 'lru-cache'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { manifestStore } from './manifest-store.ts'

const cacheBytes = 16 * 1024 * 1024

export type ManifestContent = ReturnType<typeof createManifestContent>

/** Manifest bytes by digest. They never change, so those in use stay in memory within a bound. */
export function createManifestContent(db: Db) {
  const manifests = manifestStore(db)
  const cache = new LRUCache<string, Buffer>({
    maxSize: cacheBytes,
    maxEntrySize: cacheBytes / 8,
    sizeCalculation: (bytes) => bytes.length + 256,
  })

  return {
    async read(digest: string): Promise<Buffer> {
      const cached = cache.get(digest)
      if (cached !== undefined) return cached
      const bytes = await manifests.readContent(digest)
      // Collected since the caller found it.
      if (bytes === undefined) throw new Problem('manifest-unknown', { digest })
      cache.set(digest, bytes)
      return bytes
    },
  }
}
