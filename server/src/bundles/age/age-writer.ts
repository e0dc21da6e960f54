import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BundleFault } from '../bundle-fault.ts'
import { sumsName } from '../bundle-names.ts'
import { hashRange, writeFully } from '../fill-file.ts'
import { codeOf, syncFolder } from '../medium.ts'
import type { TarTarget } from '../tar-sink.ts'
import { chunkBytes, plainBytes, sealChunk, sealedChunkBytes } from './age-chunks.ts'
import { newStart, type AgeStart } from './age-header.ts'
import type { AgeRecipient } from './age-keys.ts'
import { readChunks } from './age-reader.ts'

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants
const chunksAtOnce = 16

/** The keys of volumes that are being written, kept where nobody else can read them. */
export interface VolumeKeys {
  find(volume: number): Promise<AgeStart | undefined>
  put(volume: number, start: AgeStart): Promise<void>
}

export interface Encryption {
  readonly recipients: readonly AgeRecipient[]
  /** Without them, a volume that was broken off is written anew from its beginning. */
  readonly keys?: VolumeKeys
}

/** What lies there cannot be gone on with: the volume begins anew, with another key. */
export class StaleVolume extends Error {}

/**
 * The file of a volume, encrypted as it is written. Nothing is sealed twice under one key: what an
 * earlier run left is read and compared, and where it is not the same, all of it is given up.
 */
export async function ageTarget(
  path: string,
  { recipients, keys }: Encryption,
  volume: number,
): Promise<TarTarget> {
  const growing = `${path}.writing`
  const known = await keys?.find(volume)
  const isWhole = known !== undefined && (await beginsWith(path, known))
  const goesOn = isWhole || (known !== undefined && (await beginsWith(growing, known)))
  const start = goesOn ? known : await newStart(recipients)
  if (!goesOn) {
    await rm(growing, { force: true })
    await keys?.put(volume, start)
  }
  const handle = await open(isWhole ? path : growing, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
  try {
    return await continued(handle, { path, growing, start, isWhole, goesOn })
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface Begun {
  readonly path: string
  readonly growing: string
  readonly start: AgeStart
  readonly isWhole: boolean
  readonly goesOn: boolean
}

async function continued(handle: FileHandle, begun: Begun): Promise<TarTarget> {
  const { path, growing, start, isWhole, goesOn } = begun
  const startLength = start.bytes.length
  if (!goesOn) await handle.write(start.bytes, 0, startLength, 0)
  const found = (await handle.stat()).size - startLength
  const payloadBytes = isWhole ? found : found - (found % sealedChunkBytes)
  const existing = plainBytes(payloadBytes)
  const hash = createHash('sha256')
  await hashRange(handle, 0, startLength + payloadBytes, hash)
  const before = readChunks(handle, { start, path, payloadBytes, isEnded: isWhole })
  const chunks = chunkWriter(handle, start, payloadBytes, hash)
  let end = existing

  const requireSame = async (bytes: Buffer, at: number) => {
    if (at + bytes.length > existing) throw new StaleVolume()
    const there = Buffer.allocUnsafe(Math.min(bytes.length, chunksAtOnce * chunkBytes))
    for (let done = 0; done < bytes.length; done += there.length) {
      const part = bytes.subarray(done, done + there.length)
      await before.read(there, 0, part.length, at + done).catch(stale)
      if (!there.subarray(0, part.length).equals(part)) throw new StaleVolume()
    }
  }
  let isOpen = true
  const close = async () => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return {
    existing,
    read: (into, offset, length, at) => before.read(into, offset, length, at).catch(stale),
    async write(bytes, offset, length, at) {
      const part = bytes.subarray(offset, offset + length)
      const overlap = Math.max(0, Math.min(length, end - at))
      if (overlap > 0) await requireSame(part.subarray(0, overlap), at)
      if (overlap < length && isWhole) throw new StaleVolume()
      await chunks.append(part.subarray(overlap))
      end += length - overlap
      return { bytesWritten: length }
    },
    sync: () => handle.sync(),
    async finish() {
      if (!isWhole) await chunks.end()
      await close()
      if (!isWhole) await rename(growing, path)
      const line = `${hash.digest('hex')}  ${basename(path)}\n`
      await writeFile(sumsName(path), line, { flush: true })
      await syncFolder(dirname(path))
    },
    close,
  }
}

/** Seals what is appended, and hashes what is written. */
function chunkWriter(handle: FileHandle, start: AgeStart, payloadBytes: number, hash: Hash) {
  const output = Buffer.allocUnsafe(chunksAtOnce * sealedChunkBytes)
  const tail = Buffer.allocUnsafe(chunkBytes)
  let tailLength = 0
  let waiting = 0
  let index = payloadBytes / sealedChunkBytes
  let position = start.bytes.length + payloadBytes

  const seal = (isLast: boolean) => {
    const plain = tail.subarray(0, tailLength)
    waiting += sealChunk(start.key, { index: index++, isLast }, plain, output.subarray(waiting))
    tailLength = 0
  }
  const send = async () => {
    const bytes = output.subarray(0, waiting)
    const writing = writeFully(handle, bytes, position)
    hash.update(bytes)
    await writing
    position += waiting
    waiting = 0
  }
  return {
    /** A full chunk waits until something comes behind it: it may be the last. */
    async append(bytes: Buffer): Promise<void> {
      for (let at = 0; at < bytes.length;) {
        if (tailLength === chunkBytes) seal(false)
        if (waiting === output.length) await send()
        const copied = bytes.copy(tail, tailLength, at)
        tailLength += copied
        at += copied
      }
      if (waiting > 0) await send()
    },
    async end(): Promise<void> {
      seal(true)
      await send()
      await handle.truncate(position)
      await handle.sync()
    },
  }
}

/** What is there does not hold, so it is not gone on with. */
function stale(error: unknown): never {
  throw error instanceof BundleFault ? new StaleVolume('', { cause: error }) : error
}

/** Takes away what cannot be gone on with. */
export async function discardStale(path: string): Promise<void> {
  for (const file of [`${path}.writing`, path, sumsName(path)]) await rm(file, { force: true })
}

async function beginsWith(path: string, { bytes }: AgeStart): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (found?.isFile() !== true || found.size < bytes.length) return false
  const handle = await open(path, 'r')
  try {
    const there = Buffer.alloc(bytes.length)
    await handle.read(there, 0, there.length, 0)
    return there.equals(bytes)
  } finally {
    await handle.close()
  }
}
