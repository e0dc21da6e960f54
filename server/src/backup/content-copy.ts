import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

import { isProblem } from '../problem.ts'
import { digestAlgorithm, digestHex, type Digest } from '../storage/digest.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { blobName, type BackupTarget } from './backup-target.ts'
import type { ListedBlob } from './content-store.ts'
import type { ProgressMeter } from './progress.ts'

export interface CopyTally {
  blobs: number
  sizeBytes: number
  newBlobs: number
  newBytes: number
  readonly missing: Digest[]
  readonly damaged: Digest[]
}

export const emptyTally = (): CopyTally => ({
  ...{ blobs: 0, sizeBytes: 0, newBlobs: 0, newBytes: 0 },
  missing: [],
  damaged: [],
})

const blobsAtOnce = 4

/** The bytes of a blob are not those that its digest names. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged'
}

interface CopyParts {
  readonly storage: Pick<BlobStorage, 'open'>
  readonly target: BackupTarget
  readonly progress: ProgressMeter
  readonly tally: CopyTally
  readonly signal: AbortSignal
}

/**
 * Copies blobs whose digests share a folder of the target, but for those that are there already.
 * @returns the blobs that the target has now, in the same order.
 */
export async function copyFolder(
  blobs: readonly ListedBlob[],
  parts: CopyParts,
): Promise<readonly ListedBlob[]> {
  const [first] = blobs
  if (first === undefined) return []
  const name = blobName(first.digest)
  const present = await parts.target.list(name.slice(0, name.lastIndexOf('/')))
  const has = new Set<Digest>()
  let next = 0
  const work = async () => {
    for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
      if (await copyBlob(blob, present, parts)) has.add(blob.digest)
    }
  }
  await Promise.all(Array.from({ length: blobsAtOnce }, work))
  return blobs.filter(({ digest }) => has.has(digest))
}

/** @returns whether the target has it now. */
async function copyBlob(
  { digest, sizeBytes, isReferred }: ListedBlob,
  present: ReadonlyMap<string, number>,
  { storage, target, progress, tally, signal }: CopyParts,
): Promise<boolean> {
  signal.throwIfAborted()
  const isNew = present.get(blobName(digest)) !== sizeBytes
  try {
    if (isNew) await sendBlob({ digest, sizeBytes }, storage, target, signal)
  } catch (error) {
    const isGone = isProblem(error) && error.code === 'blob-unknown'
    if (!isGone && !isUnreadable(error)) throw error
    // What nothing refers to may have been on its way out when the snapshot was taken.
    if (isReferred) {
      tally[isGone ? 'missing' : 'damaged'].push(digest)
      progress.fault(`${digest} is ${isGone ? 'missing' : 'damaged'} in the registry`)
    }
    progress.finished(digest, sizeBytes)
    return false
  }
  tally.blobs++
  tally.sizeBytes += sizeBytes
  if (isNew) {
    tally.newBlobs++
    tally.newBytes += sizeBytes
  }
  progress.finished(digest, sizeBytes)
  return true
}

function isUnreadable(error: unknown): boolean {
  if (error instanceof BlobDamaged) return true
  return error instanceof Error && 'code' in error && error.code === 'EIO'
}

async function sendBlob(
  { digest, sizeBytes }: Pick<ListedBlob, 'digest' | 'sizeBytes'>,
  storage: Pick<BlobStorage, 'open'>,
  target: BackupTarget,
  signal: AbortSignal,
): Promise<void> {
  const file = await storage.open(digest)
  try {
    const stage = checking(digest)
    const sending = file.sendTo(stage, 0, file.sizeBytes - 1, signal).then(
      () => void stage.end(),
      (error: unknown) => {
        stage.destroy(error instanceof Error ? error : new Error(String(error)))
      },
    )
    await target.write(blobName(digest), stage, { sizeBytes, signal })
    await sending
  } finally {
    await file.close()
  }
}

/** Lets content through and fails at its end when it is not what the digest names. */
export function checking(digest: Digest): Transform {
  const hash = createHash(digestAlgorithm(digest))
  return new Transform({
    highWaterMark: 1024 * 1024,
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece)
      // Storage reads the next bytes into the same memory once these are taken.
      done(null, Buffer.from(piece))
    },
    flush(done) {
      const isSame = hash.digest('hex') === digestHex(digest)
      done(isSame ? null : new BlobDamaged(`${digest} has other content`))
    },
  })
}
