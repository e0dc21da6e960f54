import type { Digest } from '../storage/digest.ts'
import { plainBytes, sealedBytes } from './age/age-chunks.ts'
import { startBytes } from './age/age-header.ts'
import type {
  BlobPart,
  BundleBlob,
  BundleFormat,
  BundlePlan,
  Placement,
  VolumePlan,
  VolumeSize,
} from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { blobLine } from './bundle-lists.ts'
import { blobPath, mostParts, names, partPath } from './bundle-names.ts'
import { compareText } from './canonical-json.ts'
import { commonFiles } from './common-files.ts'
import { closingCost, fileCost, roundUp, type FileCost } from './file-cost.ts'

// What is not known before the volumes are: the description, its signature, README, numbers.
const readmeBytes = 8192
const signatureBytes = 1024
const descriptionBytes = 8192
const volumeRowBytes = 140
const placementBytes = 24
const partBytes = 190
const mostVolumes = 99_999
// Beside an encrypted volume.
const openingNoteBytes = 2048
const besideSumBytes = 256
const smallestRoom = 512

export interface VolumePlanOptions {
  readonly format?: BundleFormat | undefined
  readonly compatIndex?: boolean | undefined
  /** Further bytes that every volume holds. */
  readonly extraBytes?: number | undefined
  /** Of a tar: for how many it is encrypted. */
  readonly recipients?: number | undefined
}

interface Item {
  readonly blob: BundleBlob
  /** 0 for a whole blob. */
  readonly number: number
  readonly offset: number
  readonly sizeBytes: number
  readonly cost: number
}

const unlimited: VolumeSize = { clusterBytes: 1, reserveBytes: 0 }

/** Which volume each blob goes to: first fit, the largest first. Parts have no SHA-256 yet. */
export function planVolumes(
  plan: BundlePlan,
  size: VolumeSize = unlimited,
  { format = 'directory', compatIndex = false, extraBytes = 0, recipients }: VolumePlanOptions = {},
): VolumePlan {
  const medium = mediumOf(size, format, recipients)
  const cost = fileCost(format, size)
  const shipped = plan.blobs.filter(({ isAssumed, kind }) => !isAssumed && kind !== 'manifest')
  const total = shipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const common =
    commonCost(plan, cost, compatIndex) + closingCost(format, size) + size.reserveBytes + extraBytes
  const limit = medium.bytes
  // More parts make longer lists, which leave less room: until it comes to rest.
  let parts = 0
  for (let round = 0; round < 32; round++) {
    const volumes = limit === Number.POSITIVE_INFINITY ? 1 : (2 * total) / (limit - common) + 2
    const overhead = common + Math.ceil(volumes) * volumeRowBytes + parts * partBytes
    const room = limit - overhead
    if (room < smallestRoom || volumes > mostVolumes || volumes < 0) break
    const items = cutBlobs(shipped, pieceSize(room, size, cost), cost)
    const needed = items.reduce((count, { number }) => count + (number > 0 ? 1 : 0), 0)
    if (needed <= parts || limit === Number.POSITIVE_INFINITY) {
      const { volumes, placements } = place(plan, items, room, overhead)
      const sized = volumes.map(({ number, bytes }) => ({ number, bytes: medium.taken(bytes) }))
      return { volumes: sized, placements }
    }
    parts = needed
  }
  const about = `The lists and manifests alone take ${String(common)} bytes of each.`
  throw new BundleFault('volume-too-small', about)
}

interface Medium {
  /** How long a volume may be before it is encrypted. */
  readonly bytes: number
  /** What it takes of the medium. */
  readonly taken: (bytes: number) => number
}

/** A tar is one file, so the file system limits all of it. */
function mediumOf(
  { bytes = Number.POSITIVE_INFINITY, fileBytes = bytes, clusterBytes }: VolumeSize,
  format: BundleFormat,
  recipients: number | undefined,
): Medium {
  if (format !== 'tar') return { bytes, taken: (taken) => taken }
  if (recipients === undefined)
    return { bytes: Math.min(bytes, fileBytes), taken: (taken) => taken }
  const beside = roundUp(openingNoteBytes, clusterBytes) + roundUp(besideSumBytes, clusterBytes)
  const most = Math.min(bytes - beside, fileBytes)
  return {
    bytes: most === Number.POSITIVE_INFINITY ? most : plainBytes(most - startBytes(recipients)),
    taken: (taken) => startBytes(recipients) + sealedBytes(taken) + beside,
  }
}

function commonCost(plan: BundlePlan, cost: FileCost, compatIndex: boolean): number {
  const texts = commonFiles(plan, compatIndex).map(({ name, bytes }) => cost(name, bytes.length))
  const lines = plan.blobs.reduce((sum, blob) => {
    const placement = blob.isAssumed ? ({ kind: 'assumed' } as const) : everywhere
    const sha256 = blob.digest.startsWith('sha256:') ? 0 : 80
    return sum + Buffer.byteLength(blobLine({ ...blob, placement })) + placementBytes + sha256
  }, 0)
  const manifests = plan.blobs
    .filter(({ kind }) => kind === 'manifest')
    .map(({ digest, sizeBytes }) => cost(blobPath(digest), sizeBytes))
  return [
    ...texts,
    ...manifests,
    cost(names.blobs, lines),
    cost(names.readme, readmeBytes),
    cost(names.description, descriptionBytes),
    cost(names.signature, signatureBytes),
  ].reduce((sum, one) => sum + one, 0)
}

const everywhere: Placement = { kind: 'everywhere' }

/** The largest file that a volume, or its file system, takes. */
function pieceSize(room: number, { fileBytes, clusterBytes }: VolumeSize, cost: FileCost): number {
  const longest = cost(partPath(longestDigest, 1), 0) + clusterBytes - 1
  const most = Math.min(fileBytes ?? Number.POSITIVE_INFINITY, room - longest - 511)
  return Math.max(1, most)
}

const longestDigest = `sha512:${'0'.repeat(128)}` as Digest

function cutBlobs(blobs: readonly BundleBlob[], most: number, cost: FileCost): readonly Item[] {
  const items: Item[] = []
  for (const blob of blobs) {
    const { digest, sizeBytes } = blob
    if (sizeBytes <= most) {
      items.push({ blob, number: 0, offset: 0, sizeBytes, cost: cost(blobPath(digest), sizeBytes) })
      continue
    }
    const count = Math.ceil(sizeBytes / most)
    if (count > mostParts) {
      throw new BundleFault('volume-too-small', `${digest} would be in ${String(count)} parts.`)
    }
    for (let number = 1; number <= count; number++) {
      const offset = (number - 1) * most
      const length = Math.min(most, sizeBytes - offset)
      items.push({
        ...{ blob, number, offset, sizeBytes: length },
        cost: cost(partPath(digest, number), length),
      })
    }
  }
  return items
}

function place(
  plan: BundlePlan,
  items: readonly Item[],
  room: number,
  overhead: number,
): VolumePlan {
  const sorted = [...items].sort(
    (a, b) => b.cost - a.cost || compareText(a.blob.digest, b.blob.digest) || a.number - b.number,
  )
  const free: number[] = [room]
  const placements = new Map<Digest, Placement>()
  const parts = new Map<Digest, BlobPart[]>()
  for (const item of sorted) {
    let at = free.findIndex((left) => left >= item.cost)
    if (at === -1) at = free.push(room) - 1
    free[at] = (free[at] ?? 0) - item.cost
    const { digest } = item.blob
    if (item.number === 0) placements.set(digest, { kind: 'whole', volume: at + 1 })
    else {
      const { number, offset, sizeBytes } = item
      const known = parts.get(digest) ?? []
      known.push({ number, offset, sizeBytes, volume: at + 1, sha256: '' })
      parts.set(digest, known)
    }
  }
  for (const [digest, found] of parts) {
    placements.set(digest, { kind: 'parts', parts: found.sort((a, b) => a.number - b.number) })
  }
  for (const { digest, kind, isAssumed } of plan.blobs) {
    if (isAssumed) placements.set(digest, { kind: 'assumed' })
    else if (kind === 'manifest') placements.set(digest, everywhere)
  }
  const used = room === Number.POSITIVE_INFINITY ? usedOf(items) : undefined
  const volumes = free.map((left, at) => ({
    number: at + 1,
    bytes: overhead + (used ?? room - left),
  }))
  return { volumes, placements }
}

const usedOf = (items: readonly Item[]): number => items.reduce((sum, { cost }) => sum + cost, 0)
