import { setTimeout as delay } from 'node:timers/promises'

import type { Database } from '../../db/open.ts'
import type { Logger } from '../../platform/logger.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobFile, BlobStorage } from '../../storage/storage.ts'
import { TransferStopped } from '../../storage/transfer-stopped.ts'
import type { UpstreamClient } from '../../upstream/upstream.ts'
import { blobStore } from '../blobs/blob-store.ts'
import type { BlobFetches } from '../copying/blob-fetch.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import type { QuotaAccounting } from '../quota/quota-accounting-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { proxiedBlobStore } from './proxied-blob-store.ts'
import { upstreamAccess, type ProxyCaches } from './proxy-caches-service.ts'
import { createPatience } from './rate-limit-patience.ts'
import { upstreamText } from './upstream-text.ts'

export type ProxiedBlobs = ReturnType<typeof createProxiedBlobs>

type Home = Pick<RepositoryRow, 'id' | 'name' | 'namespace_user_id'>

const lookEveryMs = 2
const limitedWithinMs = 20_000

/** Blobs of cached manifests, fetched when somebody wants them (engines, 9.4). */
export function createProxiedBlobs({
  database,
  storage,
  log,
  caches,
  upstreams,
  fetches,
  quota,
  isReadOnly,
  stopping,
}: {
  database: Database
  storage: Pick<BlobStorage, 'open'>
  log: Logger
  caches: ProxyCaches
  upstreams: Pick<UpstreamClient, 'repository'>
  fetches: BlobFetches
  quota: Pick<QuotaAccounting, 'findNew' | 'linked'>
  isReadOnly: () => boolean
  /** The server is about to end. */
  stopping: AbortSignal
}) {
  const { db } = database
  const underWay = new Map<string, Promise<void>>()

  async function bringHere(home: Home, digest: Digest, sizeBytes: number): Promise<void> {
    const cache = await caches.find(home.namespace_user_id)
    if (cache === undefined) throw new Problem('blob-unknown', { digest })
    const patience = createPatience(limitedWithinMs)
    const upstream = upstreams.repository(upstreamAccess(cache, home.name), patience.observe)
    await fetches.fetch({
      ...{ digest, sizeBytes, repositoryId: home.id, signal: stopping },
      source: `${cache.upstream.host} for ${String(cache.organizationId)}`,
      open: (from, signal) =>
        upstream.openBlob(digest, {
          ...{ sizeBytes, from },
          signal: AbortSignal.any([signal, patience.signal]),
        }),
    })
    await settle(home.id, digest)
  }

  /** The manifests that waited for it refer to it now. */
  async function settle(repositoryId: number, digest: Digest): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      const manifests = await proxiedBlobStore(tx).listManifests(repositoryId, digest)
      const blob = await blobStore(tx).find(digest)
      if (blob === undefined || manifests.length === 0) return
      for (const manifestId of manifests) {
        const fresh = await quota.findNew(tx, manifestId, [blob.id])
        // Being removed again: the next who asks fetches it anew.
        if (!(await manifestStore(tx).linkBlobs(repositoryId, manifestId, [blob.id]))) return
        await quota.linked(tx, repositoryId, manifestId, fresh)
      }
      await proxiedBlobStore(tx).remove(repositoryId, digest)
    })
    await database.flush()
  }

  /** One fetch for a repository and digest, whoever waits for it; it goes on when they leave. */
  function begin(home: Home, digest: Digest, sizeBytes: number): Promise<void> {
    const key = `${String(home.id)} ${digest}`
    const running = underWay.get(key)
    if (running !== undefined) return running
    const begun = bringHere(home, digest, sizeBytes).finally(() => underWay.delete(key))
    underWay.set(key, begun)
    begun.catch((error: unknown) => {
      if (stopping.aborted) return
      log.warn({ err: error, repositoryId: home.id, digest }, 'blob of a proxy cache not fetched')
    })
    return begun
  }

  return {
    /** The size of a blob that has not been fetched; undefined when no cached manifest names it. */
    async findSize(repository: Home, digest: Digest): Promise<number | undefined> {
      if (!(await caches.isProxied(repository.namespace_user_id)) || isReadOnly()) return undefined
      return (await proxiedBlobStore(db).find(repository.id, digest))?.size_bytes
    },

    /** @throws what the upstream, or the storage, fails with */
    fetch: begin,

    /**
     * The blob while it arrives. All who ask at the same time read the same transfer.
     * `sendTo` throws Problem `request-invalid` with what the upstream says.
     */
    async open(repository: Home, digest: Digest, sizeBytes: number): Promise<BlobFile> {
      // Looked up first, so that the fetch has begun when it is followed.
      if (!(await caches.isProxied(repository.namespace_user_id))) {
        throw new Problem('blob-unknown', { digest })
      }
      const fetched = begin(repository, digest, sizeBytes)
      return {
        sizeBytes,
        async sendTo(target, start, end, signal) {
          try {
            if (end < start) {
              await fetched
              return
            }
            const file = await arriving(fetched, digest)
            try {
              await file.sendTo(target, start, end, signal)
            } finally {
              await file.close()
            }
          } catch (error) {
            if (error instanceof TransferStopped || isProblem(error)) throw error
            throw new Problem('request-invalid', { message: upstreamText(error) }, { cause: error })
          }
        },
        close: () => Promise.resolve(),
      }
    },
  }

  /** What can be read already: the transfer, or the blob. */
  async function arriving(fetched: Promise<void>, digest: Digest): Promise<BlobFile> {
    const over = fetched.then(
      () => true,
      () => true,
    )
    for (;;) {
      const followed = fetches.follow(digest)
      if (followed !== undefined) return followed
      if (await Promise.race([over, delay(lookEveryMs, false)])) {
        await fetched
        return storage.open(digest)
      }
    }
  }
}
