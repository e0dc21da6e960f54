import { expect, test } from 'vitest'

import { boundedEnd } from './tag-expiry.ts'

const bounds = { labeledMinimumMs: 10, labeledMaximumMs: 100 }

test.each([
  ['within the bounds stays as it is', { start: 1_000, wanted: 1_050, now: 1_000 }, 1_050],
  ['too early becomes the lower bound', { start: 1_000, wanted: 1_001, now: 1_000 }, 1_010],
  ['too late becomes the upper bound', { start: 1_000, wanted: 5_000, now: 1_000 }, 1_100],
  [
    'of a tag older than the upper bound is soon',
    { start: 1_000, wanted: 5_000, now: 2_000 },
    2_010,
  ],
])('an end that is %s', (_what, asked, end) => {
  expect(boundedEnd(asked, bounds)).toBe(end)
})
