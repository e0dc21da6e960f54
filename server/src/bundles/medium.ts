import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
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

const lostCodes: ReadonlySet<string> = new Set([
  ...['EROFS', 'EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'],
])

/** One that was taken out, or may not be written, is told by its own fault as well. */
export async function whileInserted<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const { path: at } = error as NodeJS.ErrnoException
    const isOurs = at === folder || at?.startsWith(`${folder}/`) === true
    if (!isOurs || !lostCodes.has(codeOf(error) ?? '')) throw error
    const about = (await isReadOnly(folder)) ? 'It is read-only.' : (codeOf(error) ?? '')
    throw new BundleFault('medium-lost', about, { file: folder }, { cause: error })
  }
}

/** A folder that cannot be made on a read-only medium is said not to be there: its place tells. */
async function isReadOnly(folder: string): Promise<boolean> {
  for (let place = folder; ; place = dirname(place)) {
    const code = await access(place, constants.W_OK).then(() => undefined, codeOf)
    if (code !== 'ENOENT' || dirname(place) === place) return code === 'EROFS'
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
