import { setTimeout as sleep } from 'node:timers/promises'
import { syncDirectory } from '../platform/files.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { BundleFault } from './bundle-fault.ts'

/** Flushes a folder; some file systems of sticks and discs have nothing to flush there. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await syncDirectory(folder)
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'].includes(codeOf(error) ?? '')) throw error
  }
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined

/** A medium without room is told by its own fault. */
export async function onMedium<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new BundleFault('medium-full', '', { file }, { cause: error })
    }
    throw error
  }
}

/** Waits as long as the bytes so far are ahead of the rate. */
export type Pace = (bytes: number) => Promise<void>

export function createPace(bytesPerSecond: number | undefined, signal?: AbortSignal): Pace {
  if (bytesPerSecond === undefined) return () => Promise.resolve()
  const elapsedMs = startStopwatch()
  let total = 0
  return async (bytes) => {
    total += bytes
    const aheadMs = (total / bytesPerSecond) * 1000 - elapsedMs()
    if (aheadMs > 5) await sleep(aheadMs, undefined, signal === undefined ? {} : { signal })
  }
}
