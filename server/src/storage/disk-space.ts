import { statfs } from 'node:fs/promises'
import type { Clock } from '../platform/clock.ts'
import { Problem } from '../problem.ts'

const gibibyte = 1024 ** 3

/** How long a look at the medium is good for. */
const staleMs = 1000

export interface Space {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Room that pushes may not take, so that the database beside the blobs can still commit. */
export function reserveBytes(totalBytes: number): number {
  return Math.min(totalBytes * 0.02, gibibyte)
}

export type DiskSpace = ReturnType<typeof diskSpace>

export function diskSpace(path: string, clock: Clock) {
  let last: Space = { freeBytes: Number.MAX_SAFE_INTEGER, totalBytes: 0 }
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<Space> | undefined

  async function look(): Promise<Space> {
    const { bavail, blocks, bsize } = await statfs(path)
    last = { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    lookedAt = clock.now()
    return last
  }

  function refresh(): Promise<Space> {
    looking ??= look().finally(() => (looking = undefined))
    return looking
  }

  /** A look that begins now: room may have come free since the one that found none. */
  async function lookAgain(): Promise<void> {
    await looking
    await refresh()
  }

  const isFresh = () => Math.abs(clock.now() - lookedAt) < staleMs

  const isFull = ({ freeBytes, totalBytes }: Space) => freeBytes < reserveBytes(totalBytes)

  function requireReserve(space: Space): void {
    if (isFull(space)) throw new Problem('storage-full', { ...space })
  }

  return {
    look,

    /** @throws Problem `storage-full` when only the reserve is left. */
    requireRoom: async (): Promise<void> => {
      if (!isFresh()) await refresh()
      if (isFull(last)) await lookAgain()
      requireReserve(last)
    },

    /** The same by what is known; a stale look is renewed in the background. */
    requireRoomNow: (): void => {
      if (!isFresh()) refresh().catch(() => undefined)
      requireReserve(last)
    },
  }
}
