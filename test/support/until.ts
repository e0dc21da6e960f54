import { setTimeout as wait } from 'node:timers/promises'

const leastMs = 5
const mostMs = 50

/**
 * Waits until `look` returns something. Asks again after a tenth of the time waited so far, unless
 * told how often: what comes soon is seen at once, and what takes its time is not slowed down by
 * hundreds of questions.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { timeoutMs = 30_000, everyMs }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const start = performance.now()
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    const waitedMs = performance.now() - start
    if (waitedMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    }
    await wait(everyMs ?? Math.min(mostMs, Math.max(leastMs, waitedMs / 10)))
  }
}
