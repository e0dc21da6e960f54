import { mkdir } from 'node:fs/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Digest } from '../digest.ts'
import { uploadsFolder } from '../disk-layout.ts'
import { localUploads } from '../local-uploads.ts'
import type { BlobStorage } from '../storage.ts'
import { partMemory } from './part-memory.ts'
import { openS3Blob } from './s3-blob.ts'
import { connectS3 } from './s3-client.ts'
import { faultsOf, isAbsent } from './s3-fault.ts'
import { s3Keys } from './s3-keys.ts'
import { sendFile } from './s3-send.ts'
import type { S3Settings } from './s3-settings.ts'
import { sweepTransfers } from './sweep-transfers.ts'

export interface S3StorageOptions {
  readonly settings: S3Settings
  readonly clock: Clock
  readonly logger: Logger
}

/** What parts on their way take of memory, unless one of them is larger. */
const sendingBytes = 32 * 1024 * 1024

/**
 * Blobs in a bucket. What clients upload waits on the local disk, where it can be continued and is
 * verified; then it becomes an object in one go. A crash in between leaves neither a file, because it
 * has no name any more, nor an object, because the service shows only whole ones.
 * @throws S3Fault when the bucket cannot be used.
 */
export async function openS3Storage(options: S3StorageOptions): Promise<BlobStorage> {
  const { settings, clock, logger } = options
  await mkdir(uploadsFolder(settings.stagingPath), { recursive: true, mode: 0o700 })
  const connection = await connectS3(settings)
  const { client, sdk } = connection
  const keys = s3Keys(settings)
  const { faultOf, s3Fault } = faultsOf(settings)
  const uploads = localUploads({ root: settings.stagingPath, clock, logger })
  const memory = partMemory({ partBytes: settings.partBytes, totalBytes: sendingBytes })

  async function asking<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw faultOf(error)
    }
  }

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      const { ContentLength } = await client.send(new sdk.HeadObjectCommand(keys.blob(digest)))
      return ContentLength
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  async function close(): Promise<void> {
    await uploads.close()
    client.destroy()
  }

  // Lists rather than asks for the bucket alone: only an answer with a body says what is wrong.
  const look = new sdk.ListObjectsV2Command({
    Bucket: settings.bucket,
    Prefix: `${keys.lead}sha256/`,
    MaxKeys: 1,
  })
  await client.send(look).catch(async (error: unknown) => {
    await close()
    throw s3Fault(error)
  })

  return {
    ...uploads,

    stat: (digest) => asking(sizeOf(digest)),

    open: (digest) => openS3Blob(digest, { ...connection, keys, faultOf }),

    commit: (id, digest) =>
      uploads.commitTo(id, digest, (file, sizeBytes, signal) =>
        asking(
          (async () => {
            if ((await sizeOf(digest)) === sizeBytes) return
            const at = keys.blob(digest)
            await sendFile({ ...connection, memory, file, sizeBytes, at, signal })
          })(),
        ),
      ),

    async remove(digest) {
      await asking(client.send(new sdk.DeleteObjectCommand(keys.blob(digest))))
    },

    async check() {
      const at = keys.at('_verify')
      await asking(client.send(new sdk.PutObjectCommand({ ...at, Body: 'testing 123' })))
      await asking(client.send(new sdk.HeadObjectCommand(at)))
    },

    sweepTransfers: (olderThanMs) =>
      asking(sweepTransfers(connection, keys, clock.now() - olderThanMs)),

    close,
  }
}
