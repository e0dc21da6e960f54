import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import { isProblem } from '../../problem.ts'
import { digestAlgorithm, digestHex, type Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { DamageReason } from './damage-store.ts'

/** Called with bytes that were just read; waits as long as the pace asks for. */
export type Pace = (bytes: number) => Promise<void>

/**
 * Reads a blob again. @returns what is wrong with it.
 * @throws Problem `storage-unavailable`; the signal's reason
 */
export async function verifyBlob(
  storage: Pick<BlobStorage, 'open'>,
  digest: Digest,
  sizeBytes: number,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<DamageReason | undefined> {
  const hash = createHash(digestAlgorithm(digest))
  try {
    await using blob = await openBlob(storage, digest)
    if (blob.file.sizeBytes !== sizeBytes) return 'changed'
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        hash.update(chunk)
        pace(chunk.length).then(() => {
          done()
        }, done)
      },
    })
    await blob.file.sendTo(sink, 0, sizeBytes - 1, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isProblem(error, 'blob-unknown')) return 'missing'
    if (isProblem(error, 'storage-unavailable')) throw error
    return 'unreadable'
  }
  return hash.digest('hex') === digestHex(digest) ? undefined : 'changed'
}

async function openBlob(storage: Pick<BlobStorage, 'open'>, digest: Digest) {
  const file = await storage.open(digest)
  return { file, [Symbol.asyncDispose]: () => file.close() }
}

/** Not faster than so many bytes a second. */
export function createPace(bytesPerSecond: number, now: () => number, signal: AbortSignal): Pace {
  let free = now()
  return async (bytes) => {
    free = Math.max(free, now()) + (bytes / bytesPerSecond) * 1000
    const waitMs = free - now()
    if (waitMs > 20) await delay(waitMs, undefined, { signal, ref: false })
  }
}
