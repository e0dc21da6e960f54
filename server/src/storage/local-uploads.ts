import { IncomingMessage } from 'node:http'
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { isProblem, Problem } from '../problem.ts'
import { digestAlgorithm, type Digest } from './digest.ts'
import { isUploadId, requireUploadId, uploadPath, uploadsFolder } from './disk-layout.ts'
import { diskSpace } from './disk-space.ts'
import { stagingPool } from './staging-pool.ts'
import type { BlobStorage } from './storage.ts'
import { uploadLocks } from './upload-locks.ts'
import { uploadSink } from './upload-sink.ts'
import { UploadWorkerError, uploadWorkers } from './upload-workers.ts'

interface Options {
  /** Its folder of uploads is there. */
  readonly root: string
  readonly clock: Clock
  readonly logger: Logger
}

const kibibyte = 1024
const stagingShape = { blockBytes: 1024 * kibibyte, blocks: 32 }

/** Unfinished uploads whose file stays open and whose hash is carried on, over all workers. */
const openUploads = 512

type Shared = Pick<
  BlobStorage,
  | 'uploadSize'
  | 'openUpload'
  | 'createUpload'
  | 'append'
  | 'abort'
  | 'listUploads'
  | 'space'
  | 'close'
  | 'commit'
>

/** What is done with verified bytes; the file has no name any more. */
export type Keep = (file: FileHandle, sizeBytes: number, stop: AbortSignal) => Promise<void>

export interface LocalUploads extends Shared {
  /** As `commit`, but the bytes become what `keep` makes of them instead of a file. */
  commitTo(id: string, digest: Digest, keep: Keep): Promise<number>
}

/** Unfinished uploads as files of a local disk: the way into every storage. */
export function localUploads({ root, clock, logger }: Options): LocalUploads {
  const count = Math.min(availableParallelism(), 4)
  const staging = stagingPool(stagingShape)
  const space = diskSpace(root, clock)
  const locks = uploadLocks()
  const keepOpen = openUploads / count
  const workers = uploadWorkers({ root, memory: staging.memory, keepOpen, count, logger })
  const busy = Array.from({ length: count }, () => 0)
  /** Which worker follows an upload, and where it ends if that is sure. */
  const followed = new LRUCache<string, { slot: number; size: number | undefined }>({
    max: openUploads,
  })

  let lastSlot = 0

  /** Ties go round: uploads are often created one after the other and filled at the same time. */
  function leastBusy(): number {
    let best = (lastSlot + 1) % count
    for (let step = 2; step <= count; step += 1) {
      const slot = (lastSlot + step) % count
      if ((busy[slot] ?? 0) < (busy[best] ?? 0)) best = slot
    }
    return (lastSlot = best)
  }

  function follow(id: string) {
    const known = followed.get(id)
    if (known) return known
    const fresh = { slot: leastBusy(), size: undefined }
    followed.set(id, fresh)
    return fresh
  }

  /** Runs `work` as one operation on the upload, counted as load of the worker that follows it. */
  async function onWorker<T>(
    id: string,
    work: (at: { slot: number; size: number | undefined }) => Promise<T>,
  ): Promise<T> {
    const at = follow(id)
    busy[at.slot] = (busy[at.slot] ?? 0) + 1
    try {
      return await work(at)
    } catch (error) {
      at.size = undefined
      throw asProblem(error, id)
    } finally {
      busy[at.slot] = (busy[at.slot] ?? 0) - 1
    }
  }

  return {
    async uploadSize(id) {
      if (!isUploadId(id)) return undefined
      const found = await stat(uploadPath(root, id)).catch(ignoreMissing)
      return found?.size
    },

    async openUpload(id) {
      if (!isUploadId(id)) return undefined
      const file = await open(uploadPath(root, id), 'r').catch(ignoreMissing)
      if (!file) return undefined
      return {
        read: async (target, position) =>
          (await file.read(target, 0, target.length, position)).bytesRead,
        close: () => file.close(),
      }
    },

    async createUpload(id) {
      requireUploadId(id)
      await space.requireRoom()
      await onWorker(id, async (at) => {
        await workers.call(at.slot, { op: 'create', upload: id })
        at.size = 0
      })
    },

    append(id, source, { limitBytes, signal, written, ownsChunks = false }) {
      // it may break before anybody reads it; the pipeline is told then all the same
      source.on('error', () => undefined)
      return locks.hold(id, async (stop) => {
        requireUploadId(id)
        await space.requireRoom()
        return onWorker(id, async (at) => {
          const { slot } = at
          const startSize = at.size ?? (await workers.call(slot, { op: 'size', upload: id }))
          at.size = undefined
          const sink = uploadSink({
            ownsChunks: ownsChunks || source instanceof IncomingMessage,
            staging,
            startSize,
            limitBytes,
            requireRoom: space.requireRoomNow,
            written,
            write: (offset, from, length) =>
              workers.call(slot, { op: 'write', upload: id, offset, from, length }),
          })
          const transfer = pipeline(source, sink.writable, {
            signal: AbortSignal.any([signal, stop]),
          })
          // A failure is told at once; the transfer then only empties the request, so that the
          // client gets to read the answer.
          const broken = await Promise.race([failureOf(transfer), sink.failed])
          const unwritten = await failureOf(sink.finish())
          const failure = unwritten ?? broken
          if (failure === undefined) return (at.size = sink.size())
          const error = asProblem(failure, id)
          if (isProblem(error) && unwritten !== undefined) {
            await workers.call(slot, { op: 'truncate', upload: id, size: startSize })
          }
          throw error
        })
      })
    },

    commit(id, digest) {
      return locks.hold(id, async () => {
        requireUploadId(id)
        const algorithm = digestAlgorithm(digest)
        return onWorker(id, async ({ slot }) => {
          try {
            return await workers.call(slot, { op: 'commit', upload: id, algorithm, digest })
          } finally {
            followed.delete(id)
          }
        })
      })
    },

    commitTo(id, digest, keep) {
      return locks.hold(id, async (stop) => {
        requireUploadId(id)
        const file = await open(uploadPath(root, id), 'r').catch((cause: unknown) => {
          if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
          throw new Problem('upload-unknown', { upload: id }, { cause })
        })
        try {
          const request = { upload: id, algorithm: digestAlgorithm(digest), digest }
          const sizeBytes = await onWorker(id, ({ slot }) =>
            workers.call(slot, { op: 'take', ...request }),
          ).finally(() => followed.delete(id))
          await keep(file, sizeBytes, stop)
          return sizeBytes
        } finally {
          await file.close()
        }
      })
    },

    async abort(id) {
      if (!isUploadId(id)) return
      await locks.stop(id)
      await onWorker(id, ({ slot }) => workers.call(slot, { op: 'remove', upload: id }))
      followed.delete(id)
    },

    async listUploads() {
      const ids = (await readdir(uploadsFolder(root))).filter(isUploadId)
      const found = []
      for (const id of ids) {
        const entry = await stat(uploadPath(root, id)).catch(ignoreMissing)
        if (entry) found.push({ id, changedAt: Math.round(entry.mtimeMs) })
      }
      return found
    },

    space: () => space.look(),

    async close() {
      await locks.stopAll()
      await workers.close()
    },
  }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
    return undefined
  } catch (error) {
    return error
  }
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function asProblem(error: unknown, upload: string): Error {
  if (!(error instanceof UploadWorkerError)) {
    return error instanceof Error ? error : new Error('upload failed', { cause: error })
  }
  if (fullCodes.has(error.code)) return new Problem('storage-full', {}, { cause: error })
  if (error.code === 'ENOENT') return new Problem('upload-unknown', { upload }, { cause: error })
  if (error.code === 'digest-mismatch') return new Problem('digest-mismatch', {}, { cause: error })
  return error
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
