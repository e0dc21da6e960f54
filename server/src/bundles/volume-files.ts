import { Readable } from 'node:stream'
import { digestHex, type Digest } from '../storage/digest.ts'
import type { ContentSource, PlacedBlob } from './bundle.ts'
import { sha256Of } from './bundle-id.ts'
import { blobPath, names, outsideSums, partPath } from './bundle-names.ts'
import { compareText } from './canonical-json.ts'
import type { TextFile } from './common-files.ts'
import type { PlannedFile } from './fill-file.ts'

/** What a volume holds of the content: manifests first, then blobs in the order of digests. */
export function contentFiles(
  blobs: readonly PlacedBlob[],
  volume: number,
  source: ContentSource,
): readonly PlannedFile[] {
  const manifests = blobs.filter(({ placement }) => placement.kind === 'everywhere')
  const others = blobs.flatMap((blob) => filesIn(blob, volume, source))
  return [...manifests.map((blob) => manifestFile(blob, source)), ...others]
}

function manifestFile(blob: PlacedBlob, source: ContentSource): PlannedFile {
  return {
    ...wholeFile(blob),
    async open(from) {
      const { bytes } = await source.manifest(blob.digest)
      return Readable.from([bytes.subarray(from)])
    },
  }
}

const wholeFile = ({ digest, sizeBytes, sha256 }: PlacedBlob) => ({
  ...{ name: blobPath(digest), sizeBytes, isPart: false },
  sha256: sha256 ?? digestHex(digest),
})

function filesIn(blob: PlacedBlob, volume: number, source: ContentSource): readonly PlannedFile[] {
  const { digest, placement } = blob
  const owns = { ownsChunks: source.ownsChunks === true }
  if (placement.kind === 'whole' && placement.volume === volume) {
    return [{ ...wholeFile(blob), ...owns, open: (from) => source.openBlob(digest, from) }]
  }
  if (placement.kind !== 'parts') return []
  return placement.parts
    .filter((part) => part.volume === volume)
    .map(({ number, offset, sizeBytes, sha256 }) => ({
      ...{ name: partPath(digest, number), sizeBytes, sha256, isPart: true, ...owns },
      open: (from) => source.openBlob(digest, offset + from),
    }))
}

export function textFile({ name, bytes }: TextFile): PlannedFile {
  return {
    ...{ name, sizeBytes: bytes.length, sha256: digestHex(sha256Of(bytes)), isPart: false },
    open: (from) => Promise.resolve(Readable.from([bytes.subarray(from)])),
  }
}

type Summed = Pick<PlannedFile, 'name' | 'sizeBytes' | 'sha256'>

/** The lines that the description vouches for: all but those of the description itself. */
export function innerSums(files: readonly Summed[]): string {
  return sumLines(files.filter(({ name }) => !outsideSums.has(name)))
}

export function sumsText(files: readonly Summed[]): string {
  return innerSums(files) + sumLines(files.filter(({ name }) => outsideSums.has(name)))
}

const sumLines = (files: readonly Summed[]): string =>
  [...files]
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join('')

export interface SumsRow {
  readonly n: number
  readonly bytes: number
  readonly sums: Digest
}

export function sumsRow(number: number, files: readonly Summed[]): SumsRow {
  const inner = files.filter(({ name }) => !outsideSums.has(name) && name !== names.sums)
  const bytes = inner.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return { n: number, bytes, sums: sha256Of(innerSums(inner)) }
}
