import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../platform/random.ts'

/** @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

const longestMs = 30_000

export interface Backoff {
  /** How long to wait before the next try, after so many in vain. */
  afterMs(failures: number): number
}

/** Doubles from try to try; half of it by chance, so that many who wait do not come back at once. */
export function createBackoff(random: Random, firstMs: number): Backoff {
  return {
    afterMs(failures) {
      if (failures <= 0) return 0
      const fullMs = Math.min(firstMs * 2 ** (failures - 1), longestMs)
      const share = random.bytes(4).readUInt32BE() / 2 ** 32
      return Math.round(fullMs * (0.5 + share / 2))
    },
  }
}

/** A promise that others wait for too: who goes away does not end it for them. */
export async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const leave = () => {
    reject(signal.reason as Error)
  }
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
