import { expect, test } from 'vitest'
import { createPatience } from './rate-limit-patience.ts'

const host = 'registry.example'

test('ends with what the upstream wants, once that is longer than anybody would wait', () => {
  const { observe, signal } = createPatience(5_000)
  observe({ kind: 'rate-limited', host, waitMs: 3_000 })
  expect(signal.aborted).toBe(false)
  observe({ kind: 'rate-limited', host, waitMs: 3_000 })
  expect(signal.reason).toMatchObject({
    ...{ code: 'rate_limited', host, retryAfterMs: 3_000 },
    reason: 'it wants to be left alone for 3 s',
  })
})

test('is as long again after every byte', () => {
  const { observe, signal } = createPatience(5_000)
  for (const bytes of [1, 1, 1]) {
    observe({ kind: 'rate-limited', host, waitMs: 4_000 })
    observe({ kind: 'bytes', host, bytes })
  }
  observe({ kind: 'retry', host, reason: 'it was answered 503' })
  expect(signal.aborted).toBe(false)
})
