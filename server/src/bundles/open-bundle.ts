import { Readable } from 'node:stream'
import { createHash } from 'node:crypto'
import { digestAlgorithm, digestHex, type Digest } from '../storage/digest.ts'
import type { BundleEntry, OpenBundle, PlacedBlob, ReadOptions } from './bundle.ts'
import { signedLists, type SignedList } from './bundle-description.ts'
import { BundleFault } from './bundle-fault.ts'
import { parseBlobLine, parseDeletionLine, parseEntryLine } from './bundle-lists.ts'
import { blobPath, partPath } from './bundle-names.ts'
import { compareText } from './canonical-json.ts'
import { largestManifest, limits } from './check-plan.ts'
import { findVolumes, openVolume } from './open-volume.ts'
import { placeOf, readDescription, type ReadDescription } from './read-description.ts'
import { readList } from './read-list.ts'
import { numberOf, readLayout, type Layout } from './read-placement.ts'
import { readStored, streamStored, type Volume } from './volume.ts'

/** What verifying needs to know beyond the bundle itself. */
export interface BundleParts {
  readonly bundle: OpenBundle
  readonly layout: Layout
  readonly read: ReadDescription
  readonly volumes: ReadonlyMap<number, Volume>
  /** Given twice, or not to be told which it is. */
  readonly others: readonly Volume[]
}

/**
 * Opens volumes in any order, one alone as well. Signature, description and lists are checked;
 * volumes that hold anything strange are refused.
 */
export async function openBundle(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<OpenBundle> {
  const { bundle, volumes, others, read } = await openParts(paths, options)
  try {
    for (const [number, volume] of volumes) {
      const [fault] = volume.faults
      if (fault !== undefined) throw atVolume(fault, number)
      if (read.differing.has(volume)) {
        throw new BundleFault('file-damaged', '', { volume: number, file: 'mooring/manifest.json' })
      }
      await requireIndex(volume, number, read, options.signal)
    }
    const [unknown] = others.flatMap(({ faults }) => faults)
    if (unknown !== undefined) throw unknown
    return bundle
  } catch (error) {
    await bundle[Symbol.asyncDispose]()
    throw error
  }
}

/** Nothing here reads the index, but other tools believe it. */
export async function requireIndex(
  volume: Volume,
  number: number,
  { description }: ReadDescription,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = signedLists['index.json']
  const signed = description.files['index.json']
  const hash = createHash('sha256')
  for await (const chunk of (await streamStored(volume, file, 0)) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  if (signed !== undefined && hash.digest('hex') === digestHex(signed)) return
  throw new BundleFault('list-swapped', '', { volume: number, file })
}

export function atVolume(fault: BundleFault, volume: number | undefined): BundleFault {
  const { kind, about, place } = fault
  return new BundleFault(kind, about, { ...place, volume }, { cause: fault.cause })
}

export async function openParts(
  paths: readonly string[],
  { keys, identities, signal }: ReadOptions,
): Promise<BundleParts> {
  const opened: Volume[] = []
  try {
    for (const path of await findVolumes(paths)) opened.push(await openVolume(path, identities))
    const read = await readDescription(opened, keys)
    const sound = opened.filter((volume) => !read.differing.has(volume))
    const lists = await readLists(sound, read, signal)
    const layout = await readLayout(sound, read.description, lists.blobs)
    const volumes = new Map<number, Volume>()
    const others: Volume[] = []
    for (const volume of opened) {
      const number = await numberOf(volume, layout)
      if (number === undefined || volumes.has(number)) others.push(volume)
      else volumes.set(number, volume)
    }
    const bundle = describe(read, lists, layout, volumes, opened)
    return { bundle, layout, read, volumes, others }
  } catch (error) {
    for (const volume of opened) await volume.close()
    throw error
  }
}

interface Lists {
  readonly entries: readonly BundleEntry[]
  readonly blobs: readonly PlacedBlob[]
  readonly deletions: readonly string[]
}

async function readLists(
  volumes: readonly Volume[],
  { description }: ReadDescription,
  signal: AbortSignal | undefined,
): Promise<Lists> {
  const { files, content } = description
  const read = async <T>(list: SignedList, mostLines: number, parse: (value: unknown) => T) => {
    const digest = files[list]
    if (digest === undefined) {
      throw new BundleFault('manifest-invalid', `It has no hash of ${list}.`)
    }
    return firstSound(volumes, (volume) =>
      readList(volume, signedLists[list], { digest, mostLines, parse, signal }),
    )
  }
  const entries = await read('entries.jsonl', limits.entries, parseEntryLine)
  const blobs = await read('blobs.jsonl', limits.blobs, parseBlobLine)
  const deletions =
    files['delete-proposal.jsonl'] === undefined
      ? []
      : await read('delete-proposal.jsonl', limits.entries, parseDeletionLine)
  requireOrder(
    'entries.jsonl',
    entries.map(({ reference }) => reference),
    content.entries,
  )
  requireOrder(
    'blobs.jsonl',
    blobs.map(({ digest }) => digest),
    content.blobs + content.assumed,
  )
  return { entries, blobs, deletions }
}

/** Each volume has the lists: a damaged one does no harm while another is sound. */
async function firstSound<T>(
  volumes: readonly Volume[],
  read: (volume: Volume) => Promise<T>,
): Promise<T> {
  let failure: unknown
  for (const volume of volumes) {
    try {
      return await read(volume)
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error
      failure ??= atVolume(error, placeOf(volume).volume)
    }
  }
  throw failure
}

function requireOrder(list: SignedList, keys: readonly string[], count: number): void {
  const place = { file: signedLists[list] }
  if (keys.length !== count) throw new BundleFault('list-invalid', 'Its length is wrong.', place)
  const at = keys.findIndex(
    (key, index) => index > 0 && compareText(keys[index - 1] ?? '', key) >= 0,
  )
  if (at !== -1)
    throw new BundleFault('list-invalid', 'It is not in order.', { ...place, line: at + 1 })
}

function describe(
  { description, manifestDigest, signature }: ReadDescription,
  { entries, deletions }: Lists,
  { blobs, rows }: Layout,
  volumes: ReadonlyMap<number, Volume>,
  opened: readonly Volume[],
): OpenBundle {
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]))
  const numbers = rows.map(({ n }) => n)
  const requireVolume = (volume: number, digest: Digest) => {
    const found = volumes.get(volume)
    if (found === undefined) throw new BundleFault('volume-missing', '', { volume, digest })
    return found
  }
  const requireBlob = (digest: Digest) => {
    const blob = byDigest.get(digest)
    if (blob === undefined || blob.isAssumed) {
      throw new BundleFault('content-unknown', digest, { digest })
    }
    return blob
  }
  const volumesFor = (digest: Digest) => {
    const { placement } = requireBlob(digest)
    if (placement.kind === 'whole') return [placement.volume]
    if (placement.kind !== 'parts') return []
    return [...new Set(placement.parts.map(({ volume }) => volume))]
  }
  const anyVolume = [...volumes.values()]
  return {
    ...{ description, manifestDigest, signature, entries, blobs, deletions, volumesFor },
    volumes: {
      total: numbers.length,
      present: numbers.filter((number) => volumes.has(number)),
      missing: numbers.filter((number) => !volumes.has(number)),
    },
    find: (digest) => byDigest.get(digest),
    async manifest(digest) {
      const { kind, mediaType, sizeBytes } = requireBlob(digest)
      if (kind !== 'manifest' || mediaType === undefined) {
        throw new BundleFault('content-unknown', `${digest} is no manifest.`, { digest })
      }
      const bytes = await firstSound(anyVolume, (volume) => readManifest(volume, digest, sizeBytes))
      return { bytes, mediaType }
    },
    async openBlob(digest, from) {
      const { placement } = requireBlob(digest)
      if (placement.kind === 'whole') {
        return streamStored(requireVolume(placement.volume, digest), blobPath(digest), from)
      }
      if (placement.kind !== 'parts') {
        return firstSound(anyVolume, (volume) => streamStored(volume, blobPath(digest), from))
      }
      const pieces = placement.parts
        .filter(({ offset, sizeBytes }) => offset + sizeBytes > from)
        .map(({ number, offset, volume }) => ({
          volume: requireVolume(volume, digest),
          name: partPath(digest, number),
          from: Math.max(0, from - offset),
        }))
      return Readable.from(joined(pieces), { objectMode: false, highWaterMark: 1 << 20 })
    },
    localFile(digest) {
      const blob = byDigest.get(digest)
      if (blob?.placement.kind === 'whole') {
        return volumes.get(blob.placement.volume)?.localFile(blobPath(digest))
      }
      if (blob?.placement.kind !== 'everywhere') return undefined
      return anyVolume[0]?.localFile(blobPath(digest))
    },
    async [Symbol.asyncDispose]() {
      for (const volume of opened) await volume.close()
    },
  }
}

async function* joined(
  pieces: readonly { readonly volume: Volume; readonly name: string; readonly from: number }[],
) {
  for (const { volume, name, from } of pieces) {
    const stream = await streamStored(volume, name, from)
    yield* stream as AsyncIterable<Buffer>
  }
}

async function readManifest(volume: Volume, digest: Digest, sizeBytes: number): Promise<Buffer> {
  const file = blobPath(digest)
  const bytes = await readStored(volume, file, largestManifest)
  if (bytes.length !== sizeBytes) throw new BundleFault('file-truncated', '', { file, digest })
  const hash = createHash(digestAlgorithm(digest)).update(bytes).digest('hex')
  if (hash !== digestHex(digest)) throw new BundleFault('file-damaged', '', { file, digest })
  return bytes
}
