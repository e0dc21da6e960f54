import type { Digest } from '../storage/digest.ts'
import type { BundleManifest, PlacedBlob } from './bundle.ts'
import type { VolumeRow } from './bundle-description.ts'
import { BundleFault } from './bundle-fault.ts'
import { parseMovedHeader, parseMovedLine } from './bundle-lists.ts'
import { names } from './bundle-names.ts'
import { contentNames } from './content-names.ts'
import { placeOf } from './read-description.ts'
import { readList } from './read-list.ts'
import { sumsDigest } from './read-sums.ts'
import type { Volume } from './volume.ts'

export interface Layout {
  readonly blobs: readonly PlacedBlob[]
  readonly rows: readonly VolumeRow[]
}

/** Where the content is: as signed, or where a resplit has put it since. */
export async function readLayout(
  volumes: readonly Volume[],
  description: BundleManifest,
  blobs: readonly PlacedBlob[],
): Promise<Layout> {
  const moved = volumes.find((volume) => volume.names.has(names.volumes))
  const layout =
    moved === undefined ? { blobs, rows: description.volumes } : await readMoved(moved, blobs)
  for (const { digest, placement } of layout.blobs) {
    const used =
      placement.kind === 'whole'
        ? [placement.volume]
        : placement.kind === 'parts'
          ? placement.parts.map(({ volume }) => volume)
          : []
    if (used.some((number) => number > layout.rows.length)) {
      throw new BundleFault('list-invalid', `${digest} is in no volume.`, { file: names.blobs })
    }
  }
  return layout
}

/** Not signed: it can only point to content that is then checked by its digest. */
async function readMoved(volume: Volume, blobs: readonly PlacedBlob[]): Promise<Layout> {
  const known = new Map(blobs.map((blob) => [blob.digest, blob]))
  const sizeOf = (digest: Digest) => known.get(digest)?.sizeBytes
  let rows: readonly VolumeRow[] | undefined
  const moved = await readList(volume, names.volumes, {
    mostLines: known.size + 1,
    parse(value) {
      if (rows !== undefined) return parseMovedLine(value, sizeOf)
      rows = parseMovedHeader(value)
      return undefined
    },
  })
  if (rows === undefined) throw new BundleFault('list-invalid', '', { file: names.volumes })
  for (const line of moved) {
    if (line === undefined) continue
    const { digest, placement } = line
    const blob = known.get(digest)
    const isMovable = placement.kind === 'whole' || placement.kind === 'parts'
    if (blob === undefined || !isMovable || blob.isAssumed || blob.kind === 'manifest') {
      throw new BundleFault('list-invalid', `${digest} cannot be moved.`, { file: names.volumes })
    }
    known.set(digest, { ...blob, placement })
  }
  return { blobs: blobs.map((blob) => known.get(blob.digest) ?? blob), rows }
}

/** Which volume this is: its sums say so, else the name of its folder, else what lies in it. */
export async function numberOf(
  volume: Volume,
  { blobs, rows }: Layout,
): Promise<number | undefined> {
  const digest = await sumsDigest(volume)
  const exact = rows.filter(({ sums }) => sums === digest)
  const named = placeOf(volume).volume
  if (exact.length > 0) return (exact.find(({ n }) => n === named) ?? exact[0])?.n
  if (rows.length === 1) return 1
  if (named !== undefined && named >= 1 && named <= rows.length) return named
  const owner = contentNames(blobs)
  for (const name of volume.names) {
    const number = owner.get(name)?.volume
    if (number !== undefined) return number
  }
  return undefined
}
