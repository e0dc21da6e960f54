import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import { digestAlgorithm, digestHex, type Digest } from './digest.ts'
import { pacedWriter } from './paced-writer.ts'
import type { BlobFile, BlobStorage } from './storage.ts'

export interface BlobCacheLimits {
  /** What all cached content may take together. */
  readonly totalBytes: number
  /** Larger blobs are not cached. */
  readonly blobBytes: number
}

const never = new AbortController().signal

/**
 * Keeps the content of small blobs in memory, so that an image of many small layers is pulled without
 * touching the medium. Content never changes under its digest; it is checked once, on its way in.
 */
export function cacheSmallBlobs(storage: BlobStorage, limits: BlobCacheLimits): BlobStorage {
  const contents = new LRUCache<Digest, Buffer>({
    maxSize: limits.totalBytes,
    maxEntrySize: limits.blobBytes,
    // an empty blob and the entry itself take room too
    sizeCalculation: (content) => content.length + 200,
  })
  /** Counts removals: content read before one must not be kept after it. */
  let removals = 0

  return {
    ...storage,

    uncached: storage,

    stat: async (digest) => contents.get(digest)?.length ?? storage.stat(digest),

    async open(digest) {
      const content = contents.get(digest)
      if (content) return cachedBlob(content)
      const before = removals
      const blob = await storage.open(digest)
      if (blob.sizeBytes + 200 > limits.blobBytes) return blob
      const read = await readWhole(blob)
      if (!matches(read, digest)) return storage.open(digest)
      if (removals === before) contents.set(digest, read)
      return cachedBlob(read)
    },

    async remove(digest) {
      removals += 1
      contents.delete(digest)
      await storage.remove(digest)
      removals += 1
    },

    async close() {
      contents.clear()
      await storage.close()
    },
  }
}

function matches(content: Buffer, digest: Digest): boolean {
  const hash = createHash(digestAlgorithm(digest)).update(content)
  return hash.digest('hex') === digestHex(digest)
}

async function readWhole(blob: BlobFile): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(blob.sizeBytes)
  let at = 0
  const target = new Writable({
    write(piece: Buffer, _encoding, done) {
      at += piece.copy(content, at)
      done()
    },
  })
  try {
    await blob.sendTo(target, 0, blob.sizeBytes - 1, never)
  } finally {
    await blob.close()
  }
  return content.subarray(0, at)
}

function cachedBlob(content: Buffer): BlobFile {
  return {
    sizeBytes: content.length,
    async sendTo(target, start, end, signal) {
      if (end < start) return
      const writer = pacedWriter(target, signal)
      try {
        const writing = writer.write(content.subarray(start, end + 1))
        // nobody else writes to this memory, so only a full target is worth waiting for
        if (target.writableNeedDrain) await writing
        writer.check()
      } finally {
        writer.release()
      }
    },
    close: () => Promise.resolve(),
  }
}
