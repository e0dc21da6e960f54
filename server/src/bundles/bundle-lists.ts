import { z } from 'zod'
import { digestAlgorithm, isDigest, type Digest } from '../storage/digest.ts'
import type { BlobPart, BundleEntry, PlacedBlob, Placement } from './bundle.ts'
import { canonicalJson } from './canonical-json.ts'
import { mostParts } from './bundle-names.ts'

/** The lines of entries.jsonl, blobs.jsonl, delete-proposal.jsonl and volumes.jsonl. */
export const DigestText = z.string().refine((text): text is Digest => isDigest(text))
const MediaType = z.string().min(1).max(255)
const Size = z.int().nonnegative()
const Sha256 = z.string().regex(/^[a-f0-9]{64}$/)
const PlatformText = z.string().min(1).max(200)

const referencePattern =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)+(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[a-f0-9]{64}|@sha512:[a-f0-9]{128})$/

/** `host[:port]/org/app:tag` or `…@digest`, in full. */
export function isFullReference(text: string): boolean {
  return text.length <= 700 && referencePattern.test(text)
}

const Reference = z.string().refine(isFullReference)

const EntryLine = z.strictObject({
  reference: Reference,
  digest: DigestText,
  mediaType: MediaType,
  size: Size,
  role: z.enum(['root', 'referrer']),
  subject: DigestText.optional(),
  artifactType: z.string().max(255).optional(),
  platforms: z
    .strictObject({
      kept: z.array(PlatformText).max(1000),
      missing: z.array(PlatformText).max(1000),
    })
    .optional(),
  absent: z.array(DigestText).max(10_000).optional(),
  referrers: Size,
  policy: z.string().max(1000).optional(),
})

export function entryLine({ sizeBytes, ...entry }: BundleEntry): string {
  return canonicalJson({ ...entry, size: sizeBytes })
}

export function parseEntryLine(value: unknown): BundleEntry {
  const { size, ...entry } = EntryLine.parse(value)
  return { ...entry, sizeBytes: size }
}

const Volume = z.int().min(1).max(99_999)

const Part = z.strictObject({
  n: z.int().min(1).max(mostParts),
  offset: Size,
  size: z.int().positive(),
  volume: Volume,
  sha256: Sha256,
})

const placementFields = {
  volume: z.union([z.literal('all'), Volume]).optional(),
  parts: z.array(Part).min(1).max(mostParts).optional(),
  assumed: z.literal(true).optional(),
}

const BlobLine = z.strictObject({
  digest: DigestText,
  size: Size,
  kind: z.enum(['manifest', 'config', 'blob']),
  mediaType: MediaType.optional(),
  sha256: Sha256.optional(),
  ...placementFields,
})

const MovedLine = z.strictObject({ digest: DigestText, ...placementFields })

export function blobLine(blob: PlacedBlob): string {
  const { digest, sizeBytes, kind, mediaType, sha256, placement } = blob
  return canonicalJson({
    ...{ digest, size: sizeBytes, kind, mediaType, sha256 },
    ...placementWire(placement),
  })
}

export function movedLine(digest: Digest, placement: Placement): string {
  return canonicalJson({ digest, ...placementWire(placement) })
}

function placementWire(placement: Placement) {
  switch (placement.kind) {
    case 'everywhere':
      return { volume: 'all' }
    case 'assumed':
      return { assumed: true }
    case 'whole':
      return { volume: placement.volume }
    case 'parts':
      return { parts: placement.parts.map(partWire) }
  }
}

const partWire = ({ number, offset, sizeBytes, volume, sha256 }: BlobPart) => ({
  ...{ n: number, offset, size: sizeBytes, volume, sha256 },
})

export function parseBlobLine(value: unknown): PlacedBlob {
  const line = BlobLine.parse(value)
  const { digest, size, kind, mediaType, sha256 } = line
  const placement = placementOf(line, size)
  if (kind !== 'blob' && placement.kind === 'assumed') {
    throw new Error('manifests and configs are always shipped')
  }
  if ((kind === 'manifest') !== (placement.kind === 'everywhere')) {
    throw new Error('manifests, and only they, stand in every volume')
  }
  if (kind === 'manifest' && mediaType === undefined) throw new Error('a manifest has a media type')
  const isWhole = placement.kind === 'whole' || placement.kind === 'everywhere'
  if ((isWhole && digestAlgorithm(digest) !== 'sha256') !== (sha256 !== undefined)) {
    throw new Error('sha256 is for whole files whose digest is of another algorithm')
  }
  const isAssumed = placement.kind === 'assumed'
  return { digest, sizeBytes: size, kind, mediaType, sha256, placement, isAssumed }
}

export function parseMovedLine(value: unknown, sizeOf: (digest: Digest) => number | undefined) {
  const line = MovedLine.parse(value)
  const size = sizeOf(line.digest)
  if (size === undefined) throw new Error('it names content that is not in the bundle')
  return { digest: line.digest, placement: placementOf(line, size) }
}

function placementOf(
  { volume, parts, assumed }: Pick<z.output<typeof BlobLine>, 'volume' | 'parts' | 'assumed'>,
  sizeBytes: number,
): Placement {
  if ([volume, parts, assumed].filter((one) => one !== undefined).length !== 1) {
    throw new Error('it needs one of volume, parts and assumed')
  }
  if (assumed !== undefined) return { kind: 'assumed' }
  if (volume === 'all') return { kind: 'everywhere' }
  if (volume !== undefined) return { kind: 'whole', volume }
  const placed = (parts ?? []).map(({ n, offset, size, volume, sha256 }) => ({
    ...{ number: n, offset, sizeBytes: size, volume, sha256 },
  }))
  let end = 0
  for (const [at, part] of placed.entries()) {
    if (part.number !== at + 1 || part.offset !== end) throw new Error('its parts have gaps')
    end += part.sizeBytes
  }
  if (end !== sizeBytes) throw new Error('its parts are not the whole')
  return { kind: 'parts', parts: placed }
}

const DeletionLine = z.strictObject({ reference: Reference })

export const deletionLine = (reference: string): string => canonicalJson({ reference })

export const parseDeletionLine = (value: unknown): string => DeletionLine.parse(value).reference

/** The first line of volumes.jsonl. */
export const movedFormat = 'mooring.volumes/v1'

export const VolumeRows = z
  .array(z.strictObject({ n: Volume, bytes: Size, sums: DigestText }))
  .min(1)
  .max(99_999)
  .refine((rows) => rows.every(({ n }, at) => n === at + 1))

const MovedHeader = z.strictObject({ format: z.literal(movedFormat), volumes: VolumeRows })

export const parseMovedHeader = (value: unknown) => MovedHeader.parse(value).volumes
