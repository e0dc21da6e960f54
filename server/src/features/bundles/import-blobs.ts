import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import { blobPath } from '../../bundles/bundle-names.ts'
import type { OpenBundle } from '../../bundles/bundle.ts'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { damageStore } from '../appliance/damage-store.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { pinStore } from './pin-store.ts'
import { removed, untilNotDoomed } from './removal-wait.ts'

/** How long what came in without its base waits for it. */
export const pinLifeMs = 30 * 24 * 3_600_000
const atOnce = 4
const chunkBytes = 1024 * 1024

export interface BlobNeeds {
  /** Here already, by digest. */
  readonly here: ReadonlyMap<Digest, number>
  /** In the bundle, on volumes that are there. */
  readonly toBring: readonly Digest[]
  /** In the bundle, on volumes that have yet to come. */
  readonly waiting: readonly Digest[]
  readonly volumesMissing: readonly number[]
  /** Of the base, and not here. */
  readonly missing: readonly Digest[]
}

/** Sorts the blobs that an import needs by where they are. */
export async function sortBlobs(
  { db, storage }: { db: Database['db']; storage: Pick<BlobStorage, 'stat'> },
  bundle: OpenBundle,
  wanted: ReadonlyMap<Digest, number>,
): Promise<BlobNeeds> {
  const known = await pinStore(db).findBlobs([...wanted.keys()])
  const damaged = await damageStore(db).among([...wanted.keys()])
  const here = new Map<Digest, number>()
  const toBring: Digest[] = []
  const waiting: Digest[] = []
  const missing: Digest[] = []
  const volumesMissing = new Set<number>()
  const present = new Set(bundle.volumes.present)
  for (const [digest, size] of wanted) {
    const id = known.get(digest)
    const isSound = id !== undefined && !damaged.has(digest)
    if (isSound && (await storage.stat(digest)) === size) {
      here.set(digest, id)
      continue
    }
    if (bundle.find(digest)?.placement.kind === 'assumed') missing.push(digest)
    else {
      const absent = bundle.volumesFor(digest).filter((volume) => !present.has(volume))
      for (const volume of absent) volumesMissing.add(volume)
      if (absent.length > 0) waiting.push(digest)
      else toBring.push(digest)
    }
  }
  return {
    ...{ here, toBring, waiting, missing },
    volumesMissing: [...volumesMissing].sort((a, b) => a - b),
  }
}

export interface BlobImport {
  readonly database: Database
  readonly storage: BlobStorage
  readonly clock: Clock
  readonly random: Random
  readonly maximumLayerBytes: number
}

/**
 * Brings blobs of a bundle into the storage, each verified and durable, and pins them. What was
 * brought before is found there, so this goes on where it was broken off.
 */
export async function bringBlobs(
  parts: BlobImport,
  bundle: OpenBundle,
  { here, toBring }: BlobNeeds,
  {
    mayLink = false,
    onBytes,
    onBlob,
    signal,
  }: {
    /** Files that are blobs already become those of the storage, without a copy. */
    mayLink?: boolean
    onBytes: (bytes: number) => void
    onBlob: (digest: Digest) => void
    signal: AbortSignal
  },
): Promise<void> {
  const { id: bundleId } = bundle.description
  for (const id of here.values()) await pin(parts, id, bundleId)
  const queue = [...toBring]
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const work = async () => {
    for (let digest = queue.shift(); digest !== undefined; digest = queue.shift()) {
      either.throwIfAborted()
      onBlob(digest)
      await bringBlob(parts, bundle, digest, { mayLink, onBytes, signal: either })
    }
  }
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error: unknown) => {
      failed.abort(error)
      throw error
    }),
  )
  const outcomes = await Promise.allSettled(workers)
  await parts.database.flush()
  signal.throwIfAborted()
  if (outcomes.some(({ status }) => status === 'rejected')) throw failed.signal.reason
}

async function bringBlob(
  parts: BlobImport,
  bundle: OpenBundle,
  digest: Digest,
  {
    mayLink,
    onBytes,
    signal,
  }: {
    readonly mayLink: boolean
    readonly onBytes: (bytes: number) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { database, storage, clock, random } = parts
  await untilNotDoomed({ db: database.db, clock }, digest, signal)
  const size = bundle.find(digest)?.sizeBytes ?? 0
  const isDamaged = (await damageStore(database.db).among([digest])).has(digest)
  if (isDamaged || (await storage.stat(digest)) !== size) {
    const upload = random.uuid()
    const isLinked = mayLink && (await linkFile(parts, bundle.localFile(digest), upload, size))
    if (!isLinked) await storage.createUpload(upload)
    try {
      if (isLinked) onBytes(size)
      else {
        const content = counted(await bundle.openBlob(digest, 0), onBytes)
        const options = { limitBytes: parts.maximumLayerBytes, ownsChunks: true, signal }
        await storage.append(upload, content, options)
      }
      // What is not what it says would stay, as content that is there already.
      if (isDamaged) await storage.remove(digest)
      await storage.commit(upload, digest)
    } catch (error) {
      await storage.abort(upload)
      throw isProblem(error, 'digest-mismatch') ? damaged(bundle, digest, error) : error
    }
  } else onBytes(size)
  await database.db.transaction().execute(async (tx) => {
    const now = clock.now()
    const id = await blobStore(tx).insert(digest, size, now)
    if (isDamaged) await damageStore(tx).forget(digest)
    if (!(await pinStore(tx).pin(id, bundle.description.id, now + pinLifeMs))) throw removed(digest)
  })
}

async function linkFile(
  { storage, maximumLayerBytes }: BlobImport,
  file: string | undefined,
  upload: string,
  size: number,
): Promise<boolean> {
  if (file === undefined || size > maximumLayerBytes || size === 0) return false
  return (await storage.linkUpload?.(upload, file)) === true
}

/** The same bytes; a source that breaks breaks this one too. */
function counted(source: Readable, onBytes: (bytes: number) => void): Readable {
  const counter = new Transform({
    highWaterMark: chunkBytes,
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  pipeline(source, counter).catch(() => undefined)
  return counter
}

async function pin({ database, clock }: BlobImport, id: number, bundleId: string): Promise<void> {
  const pinned = await pinStore(database.db).pin(id, bundleId, clock.now() + pinLifeMs)
  if (!pinned) throw removed(String(id))
}

function damaged(bundle: OpenBundle, digest: Digest, cause: unknown): BundleFault {
  const [volume] = bundle.volumesFor(digest)
  const place = { volume, file: blobPath(digest), digest }
  return new BundleFault('file-damaged', '', place, { cause })
}
