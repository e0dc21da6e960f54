import { Writable } from 'node:stream'

import type { Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'

/** More than any image has; what is larger is no config that we look into. */
export const configLimitBytes = 4 * 1024 * 1024

export type BlobReader = Pick<BlobStorage, 'open'>

const never = new AbortController().signal

/** The JSON of a config blob; undefined when it is none, too large, or cannot be read. */
export async function readConfig(storage: BlobReader, digest: Digest): Promise<unknown> {
  try {
    const bytes = await readBlob(storage, digest)
    return bytes && JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

async function readBlob(storage: BlobReader, digest: Digest): Promise<Buffer | undefined> {
  const blob = await storage.open(digest)
  try {
    if (blob.sizeBytes > configLimitBytes) return undefined
    const pieces: Buffer[] = []
    const target = new Writable({
      write(piece: Buffer, _encoding, done) {
        pieces.push(Buffer.from(piece))
        done()
      },
    })
    await blob.sendTo(target, 0, blob.sizeBytes - 1, never)
    return Buffer.concat(pieces)
  } finally {
    await blob.close()
  }
}
