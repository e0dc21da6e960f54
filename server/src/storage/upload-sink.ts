import { Writable } from 'node:stream'
import { releaseMemory } from '../platform/release-memory.ts'
import { Problem } from '../problem.ts'
import type { StagingBlock, StagingPool } from './staging-pool.ts'

interface Options {
  /** Nobody else keeps the chunks: their memory is given back as soon as it was copied. */
  readonly ownsChunks: boolean
  readonly staging: StagingPool
  readonly startSize: number
  readonly limitBytes: number
  /** Brings one block's bytes to the upload; the block is free again when this settles. */
  readonly write: (offset: number, from: number, length: number) => Promise<unknown>
  /** Asked before each block. @throws Problem `storage-full` */
  readonly requireRoom: () => void
  /** Told how far the upload has come; then no byte waits for long until its block is full. */
  readonly written?: ((sizeBytes: number) => void) | undefined
}

/** How long bytes that somebody waits for stay in a block that is not full. */
const longestWaitMs = 50

/** Blocks that one upload may have on their way, so that one fast client can't take them all. */
const blocksPerUpload = 4

export type UploadSink = ReturnType<typeof uploadSink>

/** The end of an append's pipeline: copies chunks into staging blocks and sends full ones to a worker. */
export function uploadSink({
  ownsChunks,
  staging,
  startSize,
  limitBytes,
  write,
  requireRoom,
  written,
}: Options) {
  let received = startSize
  let handedOff = startSize
  let block: StagingBlock | undefined
  let filled = 0
  let failure: Error | undefined
  const failed = Promise.withResolvers<Error>()
  const underway = new Set<Promise<void>>()
  let copying: Promise<void> | undefined
  let wake: (() => void) | undefined
  let lateness: NodeJS.Timeout | undefined

  /** From here on what still comes is thrown away: the sender may be in the middle of its request. */
  function fail(error: unknown): void {
    failure ??= error instanceof Error ? error : new Error(String(error))
    failed.resolve(failure)
  }

  function handOff(): void {
    if (!block || filled === 0) return
    clearTimeout(lateness)
    lateness = undefined
    const sent = block
    const end = handedOff + filled
    const sending = write(handedOff, sent.from, filled)
      .then(() => written?.(end), fail)
      .then(() => {
        underway.delete(sending)
        staging.give(sent)
        wake?.()
      })
    underway.add(sending)
    handedOff = end
    block = undefined
    filled = 0
    staging.holders.delete(handOff)
  }

  function handOffLater(): void {
    if (written === undefined || filled === 0 || lateness !== undefined) return
    lateness = setTimeout(handOffPart, longestWaitMs).unref()
  }

  function handOffPart(): void {
    lateness = undefined
    // a slow medium gets fewer and larger pieces
    if (underway.size > 0) handOffLater()
    else if (!failure) {
      try {
        requireRoom()
        handOff()
      } catch (error) {
        fail(error)
      }
    }
  }

  async function waitForBlock(): Promise<void> {
    while (underway.size >= blocksPerUpload) await new Promise<void>((resolve) => (wake = resolve))
    block = staging.take() ?? (await staging.next())
    staging.holders.add(handOff)
  }

  function takeBlock(): StagingBlock | undefined {
    const taken = underway.size < blocksPerUpload ? staging.take() : undefined
    if (taken) staging.holders.add(handOff)
    return taken
  }

  function fillFrom(target: StagingBlock, chunk: Buffer, start: number): number {
    const count = Math.min(chunk.length - start, staging.blockBytes - filled)
    // `fill` is a plain memory copy, `copy` into shared memory goes word by word
    target.bytes.fill(chunk.subarray(start, start + count), filled, filled + count)
    filled += count
    return count
  }

  /** Copies until the chunk ends or no block is free; returns how far it came. */
  function copy(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length) {
      block ??= takeBlock()
      if (!block) return at
      at += fillFrom(block, chunk, at)
      if (filled === staging.blockBytes) {
        requireRoom()
        handOff()
      }
    }
    return at
  }

  async function copyPatiently(chunk: Buffer, start: number): Promise<void> {
    for (let at = start; at < chunk.length; at = copy(chunk, at)) {
      await waitForBlock()
      if (failure) throw failure
    }
  }

  function take(chunk: Buffer, done: () => void): void {
    const finish = () => {
      handOffLater()
      if (ownsChunks) releaseMemory(chunk)
      done()
    }
    try {
      const at = copy(chunk, 0)
      if (at === chunk.length) {
        finish()
        return
      }
      copying = copyPatiently(chunk, at).catch(fail)
      void copying.then(finish)
    } catch (error) {
      fail(error)
      finish()
    }
  }

  const writable = new Writable({
    highWaterMark: 256 * 1024,
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      received += chunk.length
      if (received > limitBytes) fail(new Problem('blob-too-large', { limitBytes }))
      if (failure) done()
      else take(chunk, done)
    },
  })

  return {
    writable,

    /** Resolves when a block could not be kept; the stream itself goes on, into nothing. */
    failed: failed.promise,

    /** Where the upload ends once all is written. */
    size: () => handedOff,

    /** Hands off what is left and waits for the worker; also after a broken stream. */
    async finish(): Promise<void> {
      await copying
      handOff()
      if (block) staging.give(block)
      await Promise.all(underway)
      if (failure) throw failure
    },
  }
}
