import { open, stat } from 'node:fs/promises'
import { Header, Pax } from 'tar'
import { BundleFault } from './bundle-fault.ts'
import { isVolumeName } from './bundle-names.ts'
import { codeOf } from './medium.ts'
import type { ByteSource, ReadableBytes } from './byte-file.ts'
import { paddedBytes, tarBlock } from './tar-header.ts'
import { strangeName, type Volume } from './volume.ts'

const folderName =
  /^(?:\.|(?:\.\/)?(?:blobs(?:\/sha(?:256|512))?|mooring|compat(?:\/[^/]+){0,21}))\/?$/
const mostEntries = 4_000_000
const mostFaults = 100
const longestExtension = 64 * 1024

interface Place {
  readonly position: number
  readonly sizeBytes: number
}

/**
 * A volume as one tar, by whatever tool. Nothing is unpacked: the headers are read, and files are
 * read where they lie, in an encrypted one as well.
 */
export async function openTarVolume(path: string, encrypted?: ByteSource): Promise<Volume> {
  const source = encrypted ?? (await plainSource(path))
  const places = new Map<string, Place>()
  const faults: BundleFault[] = []
  const handle = await source.open()
  try {
    await readHeaders(handle, source.sizeBytes, path, (entry) => {
      const fault = noteEntry(entry, places)
      if (fault !== undefined && faults.length < mostFaults) faults.push(fault)
    })
  } finally {
    await handle.close()
  }
  return {
    path,
    names: new Set(places.keys()),
    faults,
    isGrowing: false,
    async open(name) {
      const place = places.get(name)
      if (place === undefined) throw new BundleFault('file-missing', '', { file: name })
      return { handle: await source.open(), ...place }
    },
    localFile: () => undefined,
    close: () => Promise.resolve(),
  }
}

async function plainSource(path: string): Promise<ByteSource> {
  return {
    sizeBytes: (await stat(path)).size,
    open: () =>
      open(path, 'r').catch((error: unknown) => {
        // Taken away since it was found.
        if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error
        throw new BundleFault('file-missing', '', { file: path }, { cause: error })
      }),
  }
}

interface TarEntry extends Place {
  readonly name: string
  readonly type: string
}

function noteEntry(
  { name: written, type, position, sizeBytes }: TarEntry,
  places: Map<string, Place>,
): BundleFault | undefined {
  if (type === 'Directory' && folderName.test(written)) return undefined
  const name = written.startsWith('./') ? written.slice(2) : written
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') {
    return new BundleFault('file-kind', type, { file: name.slice(0, 300) })
  }
  if (type === 'Directory' || !isVolumeName(name)) return strangeName(name)
  if (places.has(name)) return new BundleFault('name-unsafe', 'It is there twice.', { file: name })
  places.set(name, { position, sizeBytes })
  return undefined
}

async function readHeaders(
  handle: ReadableBytes,
  size: number,
  path: string,
  onEntry: (entry: TarEntry) => void,
): Promise<void> {
  const block = Buffer.alloc(tarBlock)
  let extended: { readonly path?: string; readonly size?: number } | undefined
  let count = 0
  for (let at = 0; ;) {
    if (at + tarBlock > size) throw invalid(path, 'It ends too early.')
    await readAll(handle, block, at, path)
    const header = decode(block, extended, path)
    if (header.nullBlock) return
    if (!header.cksumValid) {
      throw invalid(path, at === 0 ? firstBytesSay(block) : `No header at byte ${String(at)}.`)
    }
    if (++count > mostEntries) throw new BundleFault('too-large', 'It has too many files.')
    const sizeBytes = header.size ?? 0
    const position = at + tarBlock
    const { type } = header
    const name = header.path ?? ''
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
      throw invalid(path, `The size of ${name}.`)
    if (position + sizeBytes > size)
      throw new BundleFault('file-truncated', '', { file: name || path })
    if (type === 'ExtendedHeader' || type === 'NextFileHasLongPath') {
      if (sizeBytes > longestExtension) throw invalid(path, 'A header is too long.')
      const text = Buffer.alloc(sizeBytes)
      await readAll(handle, text, position, path)
      extended = type === 'ExtendedHeader' ? readPax(text, path) : { path: beforeNul(text) }
    } else {
      extended = undefined
      if (type !== 'GlobalExtendedHeader') {
        onEntry({
          name,
          type,
          position,
          sizeBytes: type === 'File' || type === 'OldFile' ? sizeBytes : 0,
        })
      }
    }
    at = position + paddedBytes(sizeBytes)
  }
}

function decode(
  block: Buffer,
  extended: { path?: string; size?: number } | undefined,
  path: string,
) {
  try {
    return new Header(block, 0, extended)
  } catch {
    throw invalid(path, 'A header cannot be read.')
  }
}

function readPax(bytes: Buffer, path: string): { path?: string; size?: number } {
  const { path: name, size } = (() => {
    try {
      return Pax.parse(bytes.toString('utf8'))
    } catch {
      throw invalid(path, 'A header cannot be read.')
    }
  })()
  return {
    ...(name === undefined ? {} : { path: name }),
    ...(size === undefined ? {} : { size }),
  }
}

const beforeNul = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0[^]*$/, '')

async function readAll(
  handle: ReadableBytes,
  into: Buffer,
  at: number,
  path: string,
): Promise<void> {
  const { bytesRead } = await handle.read(into, 0, into.length, at)
  if (bytesRead < into.length) throw invalid(path, 'It ends too early.')
}

function firstBytesSay(block: Buffer): string {
  const isCompressed = ['1f8b', '28b5', '425a', 'fd37'].includes(
    block.subarray(0, 2).toString('hex'),
  )
  return isCompressed ? 'It is compressed.' : 'It does not begin as a tar.'
}

const invalid = (file: string, about: string) => new BundleFault('tar-invalid', about, { file })
