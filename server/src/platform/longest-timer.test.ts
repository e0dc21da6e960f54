import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'

import { timeoutAfter } from './longest-timer.ts'

it.each([3_000_000_000, 3_153_600_000_000])('%d ms are not over at once', async (ms) => {
  const signal = timeoutAfter(ms)
  // Timers go off in the order in which they are due: one of a millisecond comes before this one.
  await delay(5)
  expect(signal.aborted).toBe(false)
})
