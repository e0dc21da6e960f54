import { createHash } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import { digestAlgorithm, digestHex, type Digest } from '../storage/digest.ts'
import type { BundleBlob, ContentSource, PlacedBlob, Placement } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { compareText } from './canonical-json.ts'
import type { WriteJournal } from './write-journal.ts'

/** Blobs whose files have a SHA-256 that the digest does not say: cut ones, and those of SHA-512. */
export function needsSums(digest: Digest, placement: Placement): boolean {
  if (placement.kind === 'assumed') return false
  return placement.kind === 'parts' || digestAlgorithm(digest) !== 'sha256'
}

export interface SumsOptions {
  readonly source: ContentSource
  readonly journal: WriteJournal | undefined
  readonly signal: AbortSignal
  readonly onBytes: (file: string, bytes: number) => void
}

/**
 * The lists name the SHA-256 of every file and stand in every volume, the first as well: so content
 * that has to be cut is read once before anything of it is written.
 */
export async function placeBlobs(
  blobs: readonly BundleBlob[],
  placements: ReadonlyMap<Digest, Placement>,
  options: SumsOptions,
): Promise<readonly PlacedBlob[]> {
  const placed: PlacedBlob[] = []
  for (const blob of blobs) {
    const placement = placements.get(blob.digest)
    if (placement === undefined)
      throw new BundleFault('plan-invalid', `${blob.digest} has no place.`)
    if (!needsSums(blob.digest, placement)) {
      placed.push({ ...blob, placement })
      continue
    }
    const known = options.journal?.sums.get(blob.digest)
    const sums = known ?? (await readSums(blob, placement, options))
    if (known === undefined) await options.journal?.noteSums(blob.digest, sums)
    placed.push(withSums(blob, placement, sums))
  }
  return placed.sort((a, b) => compareText(a.digest, b.digest))
}

function withSums(blob: BundleBlob, placement: Placement, sums: readonly string[]): PlacedBlob {
  if (placement.kind !== 'parts') return { ...blob, placement, sha256: sums[0] ?? '' }
  const parts = placement.parts.map((part, at) => ({ ...part, sha256: sums[at] ?? '' }))
  return { ...blob, placement: { kind: 'parts', parts } }
}

async function readSums(
  { digest, sizeBytes, kind }: BundleBlob,
  placement: Placement,
  { source, signal, onBytes }: SumsOptions,
): Promise<readonly string[]> {
  signal.throwIfAborted()
  const ends =
    placement.kind === 'parts'
      ? placement.parts.map((part) => part.offset + part.sizeBytes)
      : [sizeBytes]
  const whole = createHash(digestAlgorithm(digest))
  const pieces = ends.map(() => createHash('sha256'))
  const stream =
    kind === 'manifest'
      ? [(await source.manifest(digest)).bytes]
      : addAbortSignal(signal, await source.openBlob(digest, 0))
  let at = 0
  let piece = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    whole.update(chunk)
    for (let rest = chunk; rest.length > 0;) {
      const room = (ends[piece] ?? 0) - at
      const part = rest.subarray(0, room)
      if (part.length === 0) throw damaged(digest)
      pieces[piece]?.update(part)
      at += part.length
      rest = rest.subarray(part.length)
      if (at === ends[piece] && piece + 1 < ends.length) piece++
    }
    onBytes(digest, chunk.length)
  }
  if (at !== sizeBytes || whole.digest('hex') !== digestHex(digest)) throw damaged(digest)
  return pieces.map((hash) => hash.digest('hex'))
}

const damaged = (digest: Digest) => new BundleFault('source-damaged', digest, { digest })
