import { expect, test } from 'vitest'

import { createUpstreamBreaker } from './upstream-breaker.ts'

test('an upstream that failed is left alone, tried by one, and used again once it answers', () => {
  let now = 1_000
  const breaker = createUpstreamBreaker({ clock: { now: () => now } })
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
  breaker.failed('a')
  expect(breaker.mayAsk('a', 1_500)).toBe(false)
  expect(breaker.mayAsk('b', 1_500)).toBe(true)
  now += 29_999
  expect(breaker.mayAsk('a', 1_500)).toBe(false)
  now += 1
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
  expect(breaker.mayAsk('a', 1_500)).toBe(false)
  breaker.answered('a')
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
})

test('a try that was never heard of again does not keep the others away for long', () => {
  let now = 0
  const breaker = createUpstreamBreaker({ clock: { now: () => now } })
  breaker.failed('a', 100)
  now = 100
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
  now = 1_600
  expect(breaker.mayAsk('a', 1_500)).toBe(true)
})
