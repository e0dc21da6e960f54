import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem } from '../../problem.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { BlobFetch } from './blob-fetch.ts'
import { blobFetchStore } from './blob-fetch-store.ts'
import type { BlobIntake, Received } from './blob-intake-service.ts'
import { CopyFault } from './copy-fault.ts'
import type { GrowingBlob } from './growing-blob.ts'

/** A blob smaller than this is not worth going on with after a restart. */
const rememberedBytes = 1024 * 1024

/** Another process on the same database that fetches a digest says so this often. */
const signOfLifeMs = 5_000
const silentMs = 4 * signOfLifeMs
const othersLookMs = 500

export interface TransferParts {
  readonly database: Database
  readonly storage: BlobStorage
  readonly intake: BlobIntake
  readonly clock: Clock
  readonly random: Random
}

export type BlobTransfer = ReturnType<typeof createBlobTransfer>

/** Brings the bytes of one blob here: goes on where an earlier attempt ended, and verifies them. */
export function createBlobTransfer({ database, storage, intake, clock, random }: TransferParts) {
  const { dialect, db } = database
  const fetches = blobFetchStore(db)
  const holder = random.uuid()
  /** The data directory of SQLite is locked: whatever was there before has ended. */
  const isAlone = dialect === 'sqlite'

  async function createUpload(): Promise<string> {
    const id = random.uuid()
    await storage.createUpload(id)
    return id
  }

  /**
   * The upload to go on with, and the bytes it has. Undefined when another process brought the blob
   * here meanwhile.
   */
  async function claim({ digest, sizeBytes }: BlobFetch, signal: AbortSignal) {
    for (;;) {
      const now = clock.now()
      const claimed = { uploadId: random.uuid(), holder, now }
      const silentSince = isAlone ? Number.MAX_SAFE_INTEGER : now - silentMs
      const uploadId = await fetches.claim(digest, claimed, silentSince)
      if (uploadId !== undefined) {
        const from = await storage.uploadSize(uploadId)
        if (from !== undefined && from <= sizeBytes) return { uploadId, from }
        return { uploadId: await restart(uploadId), from: 0 }
      }
      await delay(othersLookMs, undefined, { signal })
      if (await intake.isPresent({ digest, sizeBytes })) return undefined
    }

    async function restart(gone: string): Promise<string> {
      await storage.abort(gone)
      const uploadId = await createUpload()
      await fetches.update(digest, holder, uploadId, clock.now())
      return uploadId
    }
  }

  /** Says to other processes that this one is at it. */
  function keepClaim(request: BlobFetch, uploadId: string): () => void {
    if (isAlone) return () => undefined
    const timer = setInterval(() => {
      // without a database the fetch fails by itself
      fetches.update(request.digest, holder, uploadId, clock.now()).catch(() => undefined)
    }, signOfLifeMs).unref()
    return () => {
      clearInterval(timer)
    }
  }

  async function receive(
    request: BlobFetch,
    { uploadId, from }: { uploadId: string; from: number },
    growing: GrowingBlob,
    signal: AbortSignal,
  ): Promise<void> {
    const { digest, sizeBytes, ownsChunks = false } = request
    growing.grow(uploadId, from)
    if (from === sizeBytes) return
    let size = from
    const written = (grownTo: number) => {
      request.received?.(grownTo - size)
      size = grownTo
      growing.grow(uploadId, grownTo)
    }
    signal.throwIfAborted()
    const source = request.open(from, signal)
    try {
      const options = { limitBytes: sizeBytes, ownsChunks, signal, written }
      const reached = await storage.append(uploadId, source, options)
      if (reached !== sizeBytes) throw sizeFault(digest, `ended after ${String(reached)} bytes`)
    } catch (error) {
      throw isProblem(error, 'blob-too-large')
        ? sizeFault(digest, `has more than the ${String(sizeBytes)} bytes announced`)
        : error
    } finally {
      source.destroy()
    }
  }

  async function commit({ digest, ...request }: BlobFetch, received: Received, holdMs: number) {
    try {
      return await intake.commit(received, digest, request.repositoryId, holdMs)
    } catch (error) {
      if (!isProblem(error, 'digest-mismatch')) throw error
      throw new CopyFault('digest-mismatch', `what came from ${request.source} is not ${digest}`, {
        cause: error,
      })
    }
  }

  return {
    /** @returns whether the blob is in the repository; else it is here, but linked to nothing. */
    async run(
      request: BlobFetch,
      growing: GrowingBlob,
      holdMs: number,
      signal: AbortSignal,
    ): Promise<boolean> {
      const { digest, sizeBytes, turn } = request
      const isRemembered = sizeBytes >= rememberedBytes
      let uploadId: string | undefined
      let release: () => void = () => undefined
      const done = (await turn?.(signal)) ?? (() => undefined)
      try {
        const at = isRemembered
          ? await claim(request, signal)
          : { uploadId: await createUpload(), from: 0 }
        if (at === undefined) return false
        uploadId = at.uploadId
        if (isRemembered) release = keepClaim(request, uploadId)
        await receive(request, at, growing, signal)
        done()
        return await commit(request, { uploadId, isRemembered }, holdMs)
      } catch (error) {
        // what is wrong is not gone on with; of what was broken off, the storage keeps the bytes
        if (uploadId !== undefined && (!isRemembered || error instanceof CopyFault)) {
          await storage.abort(uploadId)
          await fetches.delete(digest, uploadId)
        }
        throw error
      } finally {
        release()
        done()
      }
    },
  }
}

function sizeFault(digest: string, what: string): CopyFault {
  return new CopyFault('size-mismatch', `${digest} ${what}`)
}
