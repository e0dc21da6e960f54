import { createHash, type Hash } from 'node:crypto'
import { addAbortSignal, type Readable } from 'node:stream'
import { releaseMemory } from '../platform/release-memory.ts'
import { BundleFault } from './bundle-fault.ts'
import type { ReadableBytes, WritableBytes } from './byte-file.ts'
import type { Pace } from './medium.ts'

/** A file that a volume will hold. */
export interface PlannedFile {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  /** A part of something longer: the source goes on behind it. */
  readonly isPart: boolean
  /** Nobody else keeps the chunks that are read. */
  readonly ownsChunks?: boolean
  open(from: number): Promise<Readable>
}

export interface FillOptions {
  readonly pace: Pace
  readonly signal: AbortSignal
  readonly onBytes: (file: string, bytes: number) => void
}

const readBytes = 1 << 20

/**
 * Brings the bytes of `file` to `position` of the handle. What an earlier run left there is hashed
 * and built upon; when it turns out to be wrong, the file is written anew.
 */
export async function fillFile(
  handle: ReadableBytes & WritableBytes,
  position: number,
  file: PlannedFile,
  existingBytes: number,
  options: FillOptions,
): Promise<void> {
  const { name, sizeBytes, sha256 } = file
  const hash = createHash('sha256')
  let length = Math.min(existingBytes, sizeBytes)
  if (length > 0) {
    await hashRange(handle, position, length, hash, options.signal)
    options.onBytes(name, length)
  }
  if (length < sizeBytes) length += await append(handle, position, file, length, hash, options)
  if (length === sizeBytes && hash.digest('hex') === sha256) return
  if (existingBytes > 0) {
    options.onBytes(name, -length)
    await fillFile(handle, position, file, 0, options)
    return
  }
  throw new BundleFault('source-damaged', '', { file: name })
}

async function append(
  handle: WritableBytes,
  position: number,
  file: PlannedFile,
  from: number,
  hash: Hash,
  { pace, signal, onBytes }: FillOptions,
): Promise<number> {
  signal.throwIfAborted()
  const source = addAbortSignal(signal, await file.open(from))
  let written = 0
  const wanted = file.sizeBytes - from
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const bytes = chunk.subarray(0, wanted - written)
      if (bytes.length < chunk.length && !file.isPart) {
        throw new BundleFault('source-damaged', 'It is longer than it should be.', {
          file: file.name,
        })
      }
      const writing = writeFully(handle, bytes, position + from + written)
      hash.update(bytes)
      await writing
      const { length } = bytes
      if (file.ownsChunks === true) releaseMemory(chunk)
      written += length
      onBytes(file.name, length)
      await pace(length)
      if (file.isPart && written === wanted) break
    }
  } finally {
    source.destroy()
  }
  return written
}

export async function writeFully(
  handle: WritableBytes,
  bytes: Buffer,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Feeds a range of a file to a hash, reading ahead while it is hashed. @returns bytes that were there */
export async function hashRange(
  handle: ReadableBytes,
  position: number,
  length: number,
  hash: Hash,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<number> {
  const size = Math.min(readBytes, Math.max(length, 1))
  const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(length > size ? size : 1)]
  const read = async (at: number, turn: number) => {
    const buffer = buffers[turn % 2] ?? Buffer.alloc(0)
    const wanted = Math.min(size, length - at)
    const { bytesRead } = await handle.read(buffer, 0, wanted, position + at)
    return buffer.subarray(0, bytesRead)
  }
  let at = 0
  let turn = 0
  let next = length > 0 ? read(0, 0) : undefined
  while (next !== undefined) {
    const chunk: Buffer = await next
    at += chunk.length
    next = chunk.length > 0 && at < length ? read(at, ++turn) : undefined
    try {
      signal?.throwIfAborted()
      hash.update(chunk)
      onBytes?.(chunk.length)
    } catch (error) {
      await next?.catch(() => undefined)
      throw error
    }
  }
  return at
}
