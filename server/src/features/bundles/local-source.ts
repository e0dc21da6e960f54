import { Transform, type Readable } from 'node:stream'

import type { ContentSource } from '../../bundles/bundle.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { TransferStopped } from '../../storage/transfer-stopped.ts'
import type { ManifestContent } from '../manifests/manifest-content.ts'

const chunkBytes = 1024 * 1024

/** The content of this registry, as a bundle takes it. */
export function createLocalSource({
  content,
  storage,
  mediaTypes,
}: {
  content: ManifestContent
  storage: Pick<BlobStorage, 'open'>
  /** Of manifests. */
  mediaTypes: ReadonlyMap<Digest, string>
}): ContentSource {
  return {
    ownsChunks: true,

    async manifest(digest) {
      const mediaType = mediaTypes.get(digest)
      if (mediaType === undefined) throw new Problem('manifest-unknown', { digest })
      return { bytes: await content.read(digest), mediaType }
    },

    async openBlob(digest, from): Promise<Readable> {
      const file = await storage.open(digest)
      // Whoever sends uses its buffers again as soon as they are taken over here.
      const stream = new Transform({
        highWaterMark: chunkBytes,
        transform(chunk: Buffer, _encoding, done) {
          done(null, Buffer.from(chunk))
        },
      })
      const stopped = new AbortController()
      stream.once('close', () => {
        stopped.abort()
      })
      const send = async () => {
        try {
          if (from < file.sizeBytes) {
            await file.sendTo(stream, from, file.sizeBytes - 1, stopped.signal)
          }
          stream.end()
        } catch (error) {
          if (!(error instanceof TransferStopped) || !stream.destroyed) {
            stream.destroy(error instanceof Error ? error : new Error(String(error)))
          }
        } finally {
          await file.close()
        }
      }
      void send()
      return stream
    },
  }
}
