import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../../problem.ts'
import type { Digest } from '../digest.ts'
import { pacedWriter, type PacedWriter } from '../paced-writer.ts'
import type { BlobFile } from '../storage.ts'
import type { S3Connection } from './s3-client.ts'
import { isAbsent, type FaultOf } from './s3-fault.ts'
import type { S3Keys } from './s3-keys.ts'

interface Options extends S3Connection {
  readonly keys: S3Keys
  readonly faultOf: FaultOf
}

/** How often a read is taken up again without a byte in between. */
const failuresAtMost = 5
const firstRetryMs = 200
const stallLookMs = 5_000
/** Looks without a byte, after which a connection counts as dead. */
const stalledLooks = 6

/**
 * Asks for the object at once: one round trip for the usual reader, who wants all of it. The service
 * waits while the bytes are not fetched.
 */
export async function openS3Blob(digest: Digest, options: Options): Promise<BlobFile> {
  const { client, sdk, keys, faultOf } = options
  const at = keys.blob(digest)

  async function get(Range: string | undefined, abortSignal?: AbortSignal) {
    try {
      const { Body, ContentLength = 0 } = await client.send(
        new sdk.GetObjectCommand({ ...at, Range }),
        { ...(abortSignal !== undefined && { abortSignal }) },
      )
      // On Node the body is a stream of Node.
      const body = Body as Readable
      // A connection may break while nobody reads; who reads next is told.
      body.on('error', () => undefined)
      return { body, sizeBytes: ContentLength }
    } catch (error) {
      throw isAbsent(error) ? new Problem('blob-unknown', { digest }, { cause: error }) : error
    }
  }

  const first = await get(undefined).catch((error: unknown) => {
    throw faultOf(error)
  })
  let whole: Readable | undefined = first.body

  /** The bytes from `start` on; ends at `end` or later. */
  async function bytesFrom(start: number, end: number, signal: AbortSignal): Promise<Readable> {
    const opened = whole
    whole = undefined
    if (opened !== undefined && start === 0 && !opened.destroyed) return opened
    opened?.destroy()
    return (await get(`bytes=${String(start)}-${String(end)}`, signal)).body
  }

  return {
    sizeBytes: first.sizeBytes,

    async sendTo(target, start, end, signal) {
      const writer = pacedWriter(target, signal)
      const stop = new AbortController()
      const onStop = () => {
        stop.abort()
      }
      target.on('close', onStop)
      target.on('error', onStop)
      signal.addEventListener('abort', onStop)
      try {
        let at = start
        for (let failures = 0; at <= end;) {
          writer.check()
          const before = at
          try {
            const body = await bytesFrom(at, end, stop.signal)
            for await (const count of passOn(body, end - at + 1, { writer, target, stop })) {
              at += count
            }
            if (at <= end) throw new Error('the service ended its answer early')
          } catch (error) {
            writer.check()
            failures = at > before ? 1 : failures + 1
            if (error instanceof Problem || failures > failuresAtMost) throw faultOf(error)
            const waitMs = firstRetryMs * 2 ** (failures - 1)
            await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined)
          }
        }
        writer.check()
      } finally {
        target.off('close', onStop)
        target.off('error', onStop)
        signal.removeEventListener('abort', onStop)
        writer.release()
      }
    },

    close() {
      whole?.destroy()
      whole = undefined
      return Promise.resolve()
    },
  }
}

/** Writes at most `length` bytes of a body; tells of each chunk that was taken. */
async function* passOn(
  body: Readable,
  length: number,
  { writer, target, stop }: { writer: PacedWriter; target: Writable; stop: AbortController },
): AsyncGenerator<number> {
  let isReading = true
  let looks = 0
  const watch = setInterval(() => {
    if (isReading && ++looks > stalledLooks) body.destroy(new Error('the service sends nothing'))
  }, stallLookMs)
  const onStop = () => {
    body.destroy()
  }
  stop.signal.addEventListener('abort', onStop)
  if (stop.signal.aborted) onStop()
  let left = length
  try {
    for await (const piece of body) {
      isReading = false
      looks = 0
      const chunk = piece as Buffer
      const bytes = chunk.length > left ? chunk.subarray(0, left) : chunk
      const writing = writer.write(bytes)
      left -= bytes.length
      // nobody else writes to this memory, so only a full target and the end are worth waiting for
      if (target.writableNeedDrain || left === 0) await writing
      writer.check()
      yield bytes.length
      if (left === 0) return
      isReading = true
    }
  } finally {
    clearInterval(watch)
    stop.signal.removeEventListener('abort', onStop)
    body.destroy()
  }
}
