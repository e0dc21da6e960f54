import { setTimeout as wait } from 'node:timers/promises'

/** Waits until `look` returns something; asks again every few milliseconds. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { timeoutMs = 30_000, everyMs = 10 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    }
    await wait(everyMs)
  }
}
