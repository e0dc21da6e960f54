import type { Writable } from 'node:stream'
import type { Digest } from '../../storage/digest.ts'
import { pacedWriter } from '../../storage/paced-writer.ts'
import type { BlobFile, BlobStorage, UploadFile } from '../../storage/storage.ts'
import { TransferStopped } from '../../storage/transfer-stopped.ts'

const blockBytes = 256 * 1024

type State =
  | { readonly kind: 'waiting' | 'arrived' }
  | { readonly kind: 'growing'; readonly uploadId: string; readonly sizeBytes: number }
  | { readonly kind: 'failed'; readonly error: unknown }

export type GrowingBlob = ReturnType<typeof createGrowingBlob>

/**
 * A blob on its way, for those who read along. One attempt to fetch it: when its bytes turn out to be
 * wrong, whoever has read some of them fails with it.
 */
export function createGrowingBlob({
  digest,
  sizeBytes,
  storage,
}: {
  digest: Digest
  sizeBytes: number
  storage: Pick<BlobStorage, 'open' | 'openUpload'>
}) {
  let state: State = { kind: 'waiting' }
  let changed = Promise.withResolvers<undefined>()

  function become(next: State): void {
    state = next
    const before = changed
    changed = Promise.withResolvers<undefined>()
    before.resolve(undefined)
  }

  /** Narrowing would not see what happened during an await. */
  const now = (): State => state

  async function nextChange(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<undefined>()
    const onAbort = () => {
      aborted.resolve(undefined)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (!signal.aborted) await Promise.race([changed.promise, aborted.promise])
    signal.removeEventListener('abort', onAbort)
    if (signal.aborted) throw new TransferStopped({ cause: signal.reason })
  }

  /** How far a reader of bytes up to `end` may go: the last byte waits until all are known to be right. */
  function readableUpTo(end: number): number {
    const current = now()
    if (current.kind === 'failed') throw current.error
    if (current.kind === 'arrived') return end + 1
    return current.kind === 'growing' ? Math.min(current.sizeBytes, end) : 0
  }

  async function sendAlong(
    file: UploadFile,
    target: Writable,
    { start, end }: { start: number; end: number },
    signal: AbortSignal,
  ): Promise<void> {
    const writer = pacedWriter(target, signal)
    try {
      for (let at = start; at <= end;) {
        const until = readableUpTo(end)
        if (until <= at) {
          await nextChange(signal)
          continue
        }
        // the target may hold on to it, so none is used twice
        const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, until - at))
        const count = await file.read(block, at)
        if (count === 0) throw new Error('the upload is shorter than it was')
        readableUpTo(end)
        writer.check()
        await writer.write(block.subarray(0, count))
        writer.check()
        at += count
      }
    } finally {
      writer.release()
    }
  }

  async function sendWhole(target: Writable, start: number, end: number, signal: AbortSignal) {
    const file = await storage.open(digest)
    try {
      await file.sendTo(target, start, end, signal)
    } finally {
      await file.close()
    }
  }

  return {
    /** There are so many bytes in the upload. */
    grow(uploadId: string, grownTo: number): void {
      become({ kind: 'growing', uploadId, sizeBytes: grownTo })
    },

    arrive(): void {
      become({ kind: 'arrived' })
    },

    fail(error: unknown): void {
      become({ kind: 'failed', error })
    },

    file(): BlobFile {
      return {
        sizeBytes,

        async sendTo(target, start, end, signal) {
          if (end < start) return
          while (now().kind === 'waiting') await nextChange(signal)
          const current = now()
          if (current.kind === 'growing') {
            const file = await storage.openUpload(current.uploadId)
            if (file !== undefined) {
              await sendAlong(file, target, { start, end }, signal).finally(() => file.close())
              return
            }
            // it has just become the blob, or gone
            while (now().kind === 'growing') await nextChange(signal)
          }
          readableUpTo(end)
          await sendWhole(target, start, end, signal)
        },

        close: () => Promise.resolve(),
      }
    },
  }
}
