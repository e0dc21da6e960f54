import { describe, expect, it } from 'vitest'

import { nextSlot, releasedAfter } from './mirror-status.ts'

describe('the next slot', () => {
  it.each([
    ['keeps the phase', { startAt: 1_000, intervalMs: 300 }, 1_650, 1_900],
    [
      'is a whole interval away when the run took no time',
      { startAt: 1_000, intervalMs: 300 },
      1_600,
      1_900,
    ],
    ['counts from now without a start', { startAt: null, intervalMs: 300 }, 1_650, 1_950],
    ['is the start that lies ahead', { startAt: 5_000, intervalMs: 300 }, 1_650, 5_000],
    ['is now without an interval', { startAt: 1_000, intervalMs: 0 }, 1_650, 1_650],
  ])('%s', (_what, schedule, now, expected) => {
    expect(nextSlot(schedule, now)).toBe(expected)
  })
})

describe('a mirror whose run has ended', () => {
  const standing = { startAt: 1_000, intervalMs: 300, retries: 2 }

  it.each([
    ['success', standing, { status: 1, retries: 3, startAt: 1_900 }],
    ['failure', standing, { status: -1, retries: 1, startAt: 1_000 }],
    ['failure', { ...standing, retries: 1 }, { status: -1, retries: 3, startAt: 1_900 }],
    ['failure', { ...standing, startAt: null }, { status: -1, retries: 1, startAt: 1_650 }],
    ['cancelled', standing, { status: -2, retries: 0, startAt: null }],
  ] as const)('by %s stands as it should: %o', (ending, before, after) => {
    expect(releasedAfter(ending, before, 1_650)).toEqual(after)
  })
})
