import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

import { syncDirectory } from '../platform/files.ts'
import { linesOfFile } from '../platform/lines.ts'
import type { Random } from '../platform/random.ts'
import { isProblem } from '../problem.ts'
import type { Digest } from '../storage/digest.ts'
import { prepareFolders } from '../storage/disk-folders.ts'
import {
  algorithms,
  blobFolder,
  blobPath,
  blobPrefixes,
  uploadPath,
} from '../storage/disk-layout.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { blobName, isMissing, type BackupTarget } from './backup-target.ts'
import { BlobDamaged, checking } from './content-copy.ts'
import type { ListedBlob } from './content-store.ts'
import { byFolder, folderOf } from './listed-blobs.ts'
import type { ProgressMeter } from './progress.ts'
import { drain } from './stored-file.ts'

const blobsAtOnce = 4

export interface ContentParts {
  readonly target: BackupTarget
  /** The content of the backup, as lines. */
  readonly listFile: string
  /** The folder of the storage. */
  readonly root: string
  readonly random: Random
  readonly progress: ProgressMeter
  readonly signal: AbortSignal
}

/**
 * Brings content into a storage. A blob that is there already is read again; one that is not is put
 * there whole, so this may be broken off and repeated, and what uses the storage is not disturbed.
 * @returns what the target does not have.
 */
export async function restoreContent(parts: ContentParts): Promise<readonly string[]> {
  const { root, progress } = parts
  await prepareFolders(root)
  return forEachBlob(
    parts,
    async (blob) => {
      const problem = await restoreBlob(blob, parts)
      progress.finished(blob.digest, blob.sizeBytes)
      return problem
    },
    (blob) => syncDirectory(blobFolder(root, blob.digest)),
  )
}

/** The same for a storage that is no folder: by the way that a push takes. */
export async function restoreToStorage(
  storage: BlobStorage,
  parts: Omit<ContentParts, 'root'>,
): Promise<readonly string[]> {
  const { progress } = parts
  return forEachBlob(parts, async ({ digest, sizeBytes }) => {
    const problem =
      (await storage.stat(digest)) === sizeBytes
        ? undefined
        : await pushBlob(digest, storage, parts)
    progress.finished(digest, sizeBytes)
    return problem
  })
}

async function pushBlob(
  digest: Digest,
  storage: BlobStorage,
  { target, random, signal }: Omit<ContentParts, 'root'>,
): Promise<string | undefined> {
  const id = random.uuid()
  try {
    const source = await target.read(blobName(digest))
    await storage.createUpload(id)
    await storage.append(id, source, { limitBytes: Number.MAX_SAFE_INTEGER, signal })
    await storage.commit(id, digest)
    return undefined
  } catch (error) {
    await storage.abort(id)
    if (isMissing(error)) return 'is missing'
    if (isProblem(error, 'digest-mismatch')) return 'is damaged'
    throw error
  }
}

async function forEachBlob(
  { listFile, signal }: Pick<ContentParts, 'listFile' | 'signal'>,
  work: (blob: ListedBlob) => Promise<string | undefined>,
  /** After those that share a folder with this one. */
  folderDone: (blob: ListedBlob) => Promise<void> = () => Promise.resolve(),
): Promise<readonly string[]> {
  const problems: string[] = []
  for await (const group of byFolder(linesOfFile(listFile))) {
    let next = 0
    const take = async () => {
      for (let blob = group[next++]; blob !== undefined; blob = group[next++]) {
        signal.throwIfAborted()
        const problem = await work(blob)
        if (problem !== undefined) problems.push(`${blobName(blob.digest)} ${problem}`)
      }
    }
    await Promise.all(Array.from({ length: blobsAtOnce }, take))
    const [first] = group
    if (first !== undefined) await folderDone(first)
  }
  return problems
}

async function restoreBlob(
  { digest }: ListedBlob,
  { target, root, random, signal }: ContentParts,
): Promise<string | undefined> {
  if (await isThere(root, digest)) return undefined
  // As an upload it is swept away when this is broken off.
  const part = uploadPath(root, random.uuid())
  try {
    const source = await target.read(blobName(digest))
    const file = createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(source, checking(digest), file, { signal })
    await rename(part, blobPath(root, digest))
    return undefined
  } catch (error) {
    await rm(part, { force: true })
    if (isMissing(error)) return 'is missing'
    if (error instanceof BlobDamaged) return 'is damaged'
    throw error
  }
}

async function isThere(root: string, digest: Digest): Promise<boolean> {
  const file = blobPath(root, digest)
  try {
    await stat(file)
    const stage = checking(digest)
    await Promise.all([pipeline(createReadStream(file), stage), drain(stage)])
    return true
  } catch (error) {
    if (isMissing(error) || error instanceof BlobDamaged) return false
    throw error
  }
}

/** Whether the storage holds any blob. */
export async function holdsContent(root: string): Promise<boolean> {
  for (const algorithm of algorithms) {
    for (const prefix of blobPrefixes) {
      if ((await namesIn(`${root}/${algorithm}/${prefix}`)).length > 0) return true
    }
  }
  return false
}

/** Removes what the list does not name. */
export async function removeOtherContent(root: string, listFile: string): Promise<void> {
  const groups = byFolder(linesOfFile(listFile))
  let waiting = (await groups.next()).value as readonly ListedBlob[] | undefined
  for (const algorithm of algorithms) {
    for (const prefix of blobPrefixes) {
      const folder = `blobs/${algorithm}/${prefix}`
      const isNext = waiting?.[0] !== undefined && folderOf(waiting[0].digest) === folder
      const needed = new Set(isNext ? waiting?.map(({ digest }) => digest.split(':')[1]) : [])
      for (const name of await namesIn(`${root}/${algorithm}/${prefix}`)) {
        if (!needed.has(name)) await rm(`${root}/${algorithm}/${prefix}/${name}`, { force: true })
      }
      if (isNext) waiting = (await groups.next()).value as readonly ListedBlob[] | undefined
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
}
