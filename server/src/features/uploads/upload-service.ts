import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { uploadStore } from './upload-store.ts'

export type UploadService = ReturnType<typeof createUploadService>

export interface ChunkOptions {
  /** Where the client says the chunk belongs; anything but the present end is refused. */
  readonly range?: { readonly start: number; readonly end: number }
  readonly signal: AbortSignal
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** How long a push waits for the sweep to finish with bytes of the same digest. */
const doomedAtMostMs = 15_000
const doomedLookMs = 20

export function createUploadService({
  database,
  storage,
  clock,
  random,
  maximumLayerBytes,
  linkLifeMs,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  random: Random
  maximumLayerBytes: number
  /** How long an uploaded blob stays without a manifest. */
  linkLifeMs: number
}) {
  const uploads = uploadStore(database.db)

  return {
    async start(repositoryId: number): Promise<string> {
      const id = random.uuid()
      await storage.createUpload(id)
      await record(repositoryId, id)
      return id
    },

    /** Bytes received so far. */
    async size(repositoryId: number, id: string): Promise<number> {
      await requireUpload(repositoryId, id)
      return sizeOf(id)
    },

    /** Appends a chunk; returns the new size. What arrived before a cut connection stays. */
    async append(repositoryId: number, id: string, source: Readable, options: ChunkOptions) {
      await requireUpload(repositoryId, id)
      return appendChunk(id, source, options)
    },

    /**
     * Appends the last chunk if there is one and makes the upload the blob `digest`: verified,
     * durable and visible in the repository. Any failure but a chunk out of order ends the upload.
     */
    async finish(
      repositoryId: number,
      id: string,
      digest: Digest,
      last?: { source: Readable } & ChunkOptions,
    ): Promise<void> {
      await requireUpload(repositoryId, id)
      if (last !== undefined) await appendChunk(id, last.source, last)
      await commit(repositoryId, id, digest)
    },

    /** A whole blob in one request. A cut connection leaves nothing. */
    async store(
      repositoryId: number,
      digest: Digest,
      source: Readable,
      signal: AbortSignal,
    ): Promise<void> {
      const id = random.uuid()
      await storage.createUpload(id)
      try {
        await storage.append(id, source, { limitBytes: maximumLayerBytes, signal })
      } catch (error) {
        await storage.abort(id)
        throw error
      }
      await record(repositoryId, id)
      await commit(repositoryId, id, digest)
    },

    async cancel(repositoryId: number, id: string): Promise<void> {
      await requireUpload(repositoryId, id)
      await storage.abort(id)
      await uploads.delete(id)
    },
  }

  async function requireUpload(repositoryId: number, id: string): Promise<void> {
    const known = uuidPattern.test(id) ? await uploads.find(repositoryId, id) : undefined
    if (known === undefined) throw new Problem('upload-unknown', { upload: id.slice(0, 100) })
  }

  async function sizeOf(id: string): Promise<number> {
    const size = await storage.uploadSize(id)
    if (size === undefined) throw new Problem('upload-unknown', { upload: id })
    return size
  }

  async function appendChunk(id: string, source: Readable, { range, signal }: ChunkOptions) {
    const expected = await sizeOf(id)
    if (range !== undefined && range.start !== expected) {
      throw new Problem('upload-out-of-order', { expected, received: range.start })
    }
    const size = await storage.append(id, source, { limitBytes: maximumLayerBytes, signal })
    if (range !== undefined && size - expected !== range.end - range.start + 1) {
      throw new Problem('size-mismatch', {
        announced: range.end - range.start + 1,
        received: size - expected,
      })
    }
    await uploads.setProgress(id, size, clock.now())
    return size
  }

  /** @throws Problem `repository-unknown` when it was deleted meanwhile; then nothing is kept. */
  async function record(repositoryId: number, id: string): Promise<void> {
    if (await uploads.insert(id, repositoryId, clock.now())) return
    await storage.abort(id)
    throw new Problem('repository-unknown', {})
  }

  async function commit(repositoryId: number, id: string, digest: Digest): Promise<void> {
    // From here on the sweep spares the digest; what it decided to remove before is waited for.
    await uploads.setCommitting(id, digest, clock.now())
    await untilNotDoomed(digest)
    let sizeBytes: number
    try {
      sizeBytes = await storage.commit(id, digest)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'upload-busy')) await uploads.delete(id)
      throw error
    }
    const isLinked = await database.db.transaction().execute(async (tx) => {
      const now = clock.now()
      const blobs = blobStore(tx)
      const blobId = await blobs.insert(digest, sizeBytes, now)
      const linked = await blobs.link(repositoryId, blobId, now, now + linkLifeMs)
      await uploadStore(tx).delete(id)
      return linked
    })
    if (!isLinked) throw new Problem('repository-unknown', {})
    await database.flush()
  }

  /** @throws Problem `upload-busy` when a sweep that was broken off has yet to be finished. */
  async function untilNotDoomed(digest: Digest): Promise<void> {
    const blobs = blobStore(database.db)
    for (let waitedMs = 0; await blobs.isDoomed(digest); waitedMs += doomedLookMs) {
      if (waitedMs >= doomedAtMostMs) throw new Problem('upload-busy', { digest })
      await delay(doomedLookMs)
    }
  }
}
