import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { releaseMemory } from '../../platform/release-memory.ts'
import { BundleFault } from '../bundle-fault.ts'
import type { ByteFile, ByteSource, ReadableBytes } from '../byte-file.ts'
import { chunkBytes, openChunk, plainBytes, sealedChunkBytes } from './age-chunks.ts'
import { mostHeaderBytes, openStart, type AgeStart } from './age-header.ts'
import type { AgeIdentity } from './age-keys.ts'

const chunksAtOnce = 16

/** What is in an age file, at any place of it and without a copy on the disk. */
export async function openAgeFile(
  path: string,
  identities: readonly AgeIdentity[],
): Promise<ByteSource> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const beginning = Buffer.alloc(Math.min(size, mostHeaderBytes))
    await handle.read(beginning, 0, beginning.length, 0)
    const start = await openStart(beginning, identities, path)
    const payload = { start, path, payloadBytes: size - start.bytes.length, isEnded: true }
    const sizeBytes = plainBytes(payload.payloadBytes)
    await requireEnd(handle, payload)
    return {
      sizeBytes,
      async open() {
        const file = await open(path, 'r')
        return byteFile(file, readChunks(file, payload))
      },
    }
  } finally {
    await handle.close()
  }
}

export interface Payload {
  readonly start: AgeStart
  readonly path: string
  readonly payloadBytes: number
  /** Its last chunk says that it is the last. */
  readonly isEnded: boolean
}

/** The last chunk tells whether anything behind it is gone. */
async function requireEnd(handle: FileHandle, payload: Payload): Promise<void> {
  const { start, path: file, payloadBytes } = payload
  const last = Math.max(0, Math.ceil(payloadBytes / sealedChunkBytes) - 1)
  const sealed = Buffer.alloc(Math.max(0, payloadBytes - last * sealedChunkBytes))
  await handle.read(sealed, 0, sealed.length, start.bytes.length + last * sealedChunkBytes)
  const plain = openChunk(start.key, last, true, sealed)
  // Only what is empty as a whole ends with an empty chunk.
  if (plain !== undefined && (plain.length > 0 || last === 0)) return
  if (openChunk(start.key, last, false, sealed) !== undefined) {
    throw new BundleFault('file-truncated', 'Its encryption goes on behind its end.', { file })
  }
  throw new BundleFault('file-damaged', 'The end of its encryption is missing or damaged.', {
    file,
  })
}

/** Chunks are given out only when they are what was sealed at their place. */
export function readChunks(handle: FileHandle, payload: Payload): ReadableBytes {
  const { start, path, payloadBytes, isEnded } = payload
  const sizeBytes = plainBytes(payloadBytes)
  const last = Math.ceil(payloadBytes / sealedChunkBytes) - 1
  let sealed = Buffer.alloc(0)
  let kept: { readonly index: number; readonly plain: Buffer } | undefined

  const opened = (index: number, bytes: Buffer): Buffer => {
    const plain = openChunk(start.key, index, isEnded && index === last, bytes)
    if (plain !== undefined) return plain
    const about = `Its encryption does not hold at byte ${String(placeOf(index))}.`
    throw new BundleFault('file-damaged', about, { file: path })
  }
  const placeOf = (index: number) => start.bytes.length + index * sealedChunkBytes

  /** Brings as much as some chunks hold from `position` on. */
  const readSome = async (into: Buffer, position: number): Promise<number> => {
    const first = Math.floor(position / chunkBytes)
    const from = position - first * chunkBytes
    if (kept?.index === first) return kept.plain.copy(into, 0, from)
    const until = Math.min(last, Math.floor((position + into.length - 1) / chunkBytes))
    const count = Math.min(until - first + 1, chunksAtOnce)
    const wanted = Math.min(count * sealedChunkBytes, payloadBytes - first * sealedChunkBytes)
    if (sealed.length < wanted) sealed = Buffer.allocUnsafe(wanted)
    const { bytesRead } = await handle.read(sealed, 0, wanted, placeOf(first))
    let done = 0
    for (let at = 0; at < count; at++) {
      const end = Math.min((at + 1) * sealedChunkBytes, bytesRead)
      const plain = opened(first + at, sealed.subarray(at * sealedChunkBytes, end))
      done += plain.copy(into, done, at === 0 ? from : 0)
      if (kept !== undefined) releaseMemory(kept.plain)
      kept = { index: first + at, plain }
    }
    return done
  }
  return {
    async read(into, offset, length, position) {
      const most = Math.min(length, Math.max(0, sizeBytes - position))
      let done = 0
      while (done < most) {
        const part = into.subarray(offset + done, offset + most)
        done += await readSome(part, position + done)
      }
      return { bytesRead: done }
    },
  }
}

function byteFile(handle: FileHandle, bytes: ReadableBytes): ByteFile {
  return {
    read: (...place) => bytes.read(...place),
    close: () => handle.close(),
    createReadStream({ start, end, highWaterMark }) {
      let at = start
      const stream = new Readable({
        highWaterMark,
        read() {
          const length = Math.min(highWaterMark, end + 1 - at)
          if (length <= 0) {
            stream.push(null)
            return
          }
          // Memory of its own, so that who reads it may give it back.
          const chunk = Buffer.allocUnsafeSlow(length)
          bytes.read(chunk, 0, length, at).then(
            ({ bytesRead }) => {
              at += bytesRead
              if (bytesRead === 0) stream.destroy(new Error('the file became shorter'))
              else if (!stream.destroyed) stream.push(chunk.subarray(0, bytesRead))
            },
            (error: unknown) => stream.destroy(error as Error),
          )
        },
        destroy(error, done) {
          handle.close().then(
            () => {
              done(error)
            },
            (closing: unknown) => {
              done(error ?? (closing as Error))
            },
          )
        },
      })
      return stream
    },
  }
}
