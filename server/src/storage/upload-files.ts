import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { parseDigest, type DigestAlgorithm } from './digest.ts'
import { blobFolder, blobPath, uploadPath } from './disk-layout.ts'

const flushData = promisify(fdatasync)
const flushAll = promisify(fsync)

/** Bytes after which a growing upload is flushed in the background, so that the last flush is short. */
const flushEvery = 64 * 1024 * 1024

/** More than this to flush takes its turn, so that large pushes leave room in the pool of threads. */
const lightFlush = 8 * 1024 * 1024

const hashBlock = 1024 * 1024

interface OpenUpload {
  readonly fd: number
  size: number
  /** Hash of the first `size` bytes, while it could be followed from the first byte on. */
  hash: Hash | undefined
  unflushed: number
  flushing: Promise<void> | undefined
  /** Its commit runs and closes the file itself. */
  committing: boolean
}

export class DigestMismatch extends Error {
  readonly code = 'digest-mismatch'
}

/** The files behind uploads, as one worker thread sees them. Blocking, but for the flushes. */
export function uploadFiles(root: string, memory: SharedArrayBuffer, keepOpen: number) {
  const staging = Buffer.from(memory)
  const opened = new LRUCache<string, OpenUpload>({ max: keepOpen, dispose: closeWhenFlushed })
  let hashBuffer: Buffer | undefined
  let heavyFlushes = 0
  let lastHeavyFlush: Promise<void> = Promise.resolve()

  function flushInTurn(fd: number): Promise<void> {
    heavyFlushes += 1
    const flushed = lastHeavyFlush.then(() => flushData(fd)).finally(() => (heavyFlushes -= 1))
    lastHeavyFlush = flushed.catch(() => undefined)
    return flushed
  }

  function flushEarly(upload: OpenUpload): void {
    upload.unflushed = 0
    // a failure shows again in the flush of the commit
    const done = () => (upload.flushing = undefined)
    upload.flushing = flushInTurn(upload.fd).then(done, done)
  }

  function openUpload(id: string): OpenUpload {
    const known = opened.get(id)
    if (known) return known
    const fd = openSync(uploadPath(root, id), 'r+')
    const size = fstatSync(fd).size
    return keep(id, fd, size)
  }

  function keep(id: string, fd: number, size: number): OpenUpload {
    const hash = size === 0 ? createHash('sha256') : undefined
    const upload = { fd, size, hash, unflushed: 0, flushing: undefined, committing: false }
    opened.set(id, upload)
    return upload
  }

  /** Somebody else may have written since: the file's size is the truth. */
  function resync(upload: OpenUpload): void {
    const { size } = fstatSync(upload.fd)
    if (size === upload.size) return
    upload.size = size
    upload.hash = size === 0 ? createHash('sha256') : undefined
  }

  async function hashFile(fd: number, algorithm: DigestAlgorithm): Promise<string> {
    const hash = createHash(algorithm)
    const buffer = (hashBuffer ??= Buffer.allocUnsafeSlow(hashBlock))
    for (let at = 0; ;) {
      const count = readSync(fd, buffer, 0, hashBlock, at)
      if (count === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, count))
      at += count
      await setImmediate() // others' blocks in between
    }
  }

  /** @throws DigestMismatch */
  async function verify(
    upload: OpenUpload,
    algorithm: DigestAlgorithm,
    digest: string,
  ): Promise<void> {
    resync(upload)
    const actual =
      algorithm === 'sha256' && upload.hash
        ? upload.hash.digest('hex')
        : await hashFile(upload.fd, algorithm)
    if (`${algorithm}:${actual}` !== digest) throw new DigestMismatch()
  }

  return {
    create(id: string): void {
      keep(id, openSync(uploadPath(root, id), 'wx+', 0o600), 0)
    },

    size(id: string): number {
      const upload = openUpload(id)
      resync(upload)
      return upload.size
    },

    write(id: string, offset: number, from: number, length: number): void {
      const upload = openUpload(id)
      if (upload.size !== offset) throw new Error('upload is not where the append expects it')
      for (let done = 0; done < length;) {
        done += writeSync(upload.fd, staging, from + done, length - done, offset + done)
      }
      upload.hash?.update(staging.subarray(from, from + length))
      upload.size += length
      upload.unflushed += length
      if (upload.unflushed >= flushEvery && heavyFlushes === 0) flushEarly(upload)
    },

    truncate(id: string, size: number): void {
      const upload = openUpload(id)
      ftruncateSync(upload.fd, size)
      upload.size = size
      upload.hash = size === 0 ? createHash('sha256') : undefined
    },

    /** Whatever happens, the upload is gone afterwards; only a verified, flushed file is renamed. */
    async commit(id: string, algorithm: DigestAlgorithm, digest: string): Promise<number> {
      const target = parseDigest(digest)
      const upload = openUpload(id)
      upload.committing = true
      opened.delete(id)
      try {
        await verify(upload, algorithm, digest)
        const path = blobPath(root, target)
        if (statSync(path, { throwIfNoEntry: false })?.size === upload.size) {
          unlinkSync(uploadPath(root, id))
        } else {
          await upload.flushing
          await (upload.unflushed > lightFlush ? flushInTurn(upload.fd) : flushData(upload.fd))
          renameSync(uploadPath(root, id), path)
        }
        // also when the blob was there: whoever renamed it may not have come this far yet
        await flushFolder(blobFolder(root, target))
        return upload.size
      } catch (error) {
        unlinkIfPresent(uploadPath(root, id))
        throw error
      } finally {
        await upload.flushing
        closeSync(upload.fd)
      }
    },

    /** Verifies the upload and takes its name away: who holds the file open goes on with it. */
    async take(id: string, algorithm: DigestAlgorithm, digest: string): Promise<number> {
      const upload = openUpload(id)
      upload.committing = true
      opened.delete(id)
      try {
        await verify(upload, algorithm, digest)
        return upload.size
      } finally {
        unlinkIfPresent(uploadPath(root, id))
        await upload.flushing
        closeSync(upload.fd)
      }
    },

    remove(id: string): void {
      opened.delete(id)
      unlinkIfPresent(uploadPath(root, id))
    },

    close(): void {
      opened.clear()
    },
  }
}

function closeWhenFlushed(upload: OpenUpload): void {
  if (upload.committing) return
  if (upload.flushing)
    void upload.flushing.then(() => {
      closeSync(upload.fd)
    })
  else closeSync(upload.fd)
}

async function flushFolder(folder: string): Promise<void> {
  const fd = openSync(folder, 'r')
  try {
    await flushAll(fd)
  } finally {
    closeSync(fd)
  }
}

function unlinkIfPresent(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
