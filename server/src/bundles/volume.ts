import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { BundleFault } from './bundle-fault.ts'
import type { ByteFile } from './byte-file.ts'
import { hashRange } from './fill-file.ts'
import { isVolumeName, names } from './bundle-names.ts'

/** An open file of a volume: `sizeBytes` from `position` of the handle on. */
export interface StoredFile {
  readonly handle: ByteFile
  readonly position: number
  readonly sizeBytes: number
}

/** A volume on a medium, of which nothing is believed yet. */
export interface Volume {
  readonly path: string
  /** Names that a volume may have, whether this one should have them or not. */
  readonly names: ReadonlySet<string>
  /** What does not belong there: other names, links, devices. */
  readonly faults: readonly BundleFault[]
  /** Something in it is still being written. */
  readonly isGrowing: boolean
  /**
   * The caller closes the handle.
   * @throws BundleFault `file-missing`, `file-kind`
   */
  open(name: string): Promise<StoredFile>
  /** Its path, when it is a file by itself. */
  localFile(name: string): string | undefined
  close(): Promise<void>
}

const chunkBytes = 1 << 20

/** The bytes from `from` on. Destroying the stream closes the file. */
export async function streamStored(volume: Volume, name: string, from: number): Promise<Readable> {
  const { handle, position, sizeBytes } = await volume.open(name)
  if (from >= sizeBytes) {
    await handle.close()
    return Readable.from([])
  }
  return handle.createReadStream({
    start: position + from,
    end: position + sizeBytes - 1,
    highWaterMark: chunkBytes,
  })
}

/** @throws BundleFault `too-large` */
export async function readStored(volume: Volume, name: string, most: number): Promise<Buffer> {
  const { handle, position, sizeBytes } = await volume.open(name)
  try {
    if (sizeBytes > most) throw new BundleFault('too-large', '', { file: name })
    const bytes = Buffer.alloc(sizeBytes)
    let length = 0
    while (length < sizeBytes) {
      const { bytesRead } = await handle.read(bytes, length, sizeBytes - length, position + length)
      if (bytesRead === 0) throw new BundleFault('file-truncated', '', { file: name })
      length += bytesRead
    }
    return bytes
  } finally {
    await handle.close()
  }
}

export async function hashStored(
  volume: Volume,
  name: string,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
  const { handle, position, sizeBytes } = await volume.open(name)
  try {
    const hash = createHash('sha256')
    const read = await hashRange(handle, position, sizeBytes, hash, signal, onBytes)
    return { sizeBytes: read, sha256: hash.digest('hex') }
  } finally {
    await handle.close()
  }
}

/** A name that no volume has. */
export function strangeName(name: string): BundleFault {
  const shown = name.slice(0, 300)
  const segments = name.split('/')
  const isUnsafe =
    name.startsWith('/') ||
    name.includes('\\') ||
    name.includes('\0') ||
    segments.includes('..') ||
    segments.includes('.') ||
    segments.includes('')
  if (isUnsafe) return new BundleFault('name-unsafe', 'It leads elsewhere.', { file: shown })
  const lower = name.toLowerCase()
  const isClash = [
    lower,
    lower.replace(/^sha256sums$/, names.sums),
    lower.replace(/^readme\.txt$/, names.readme),
  ].some(isVolumeName)
  if (isClash) {
    return new BundleFault('name-unsafe', 'It differs from a name only in its case.', {
      file: shown,
    })
  }
  return new BundleFault('file-unexpected', '', { file: shown })
}
