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

describe('the next slot of a calendar or a window', () => {
  const at = (hours: number) => new Date(2026, 2, 2, hours).getTime()
  const windows = [{ fromMinute: 20 * 60, toMinute: 22 * 60 }]

  it('is its next time, whatever the interval', () => {
    const schedule = { startAt: at(1), intervalMs: 60_000, calendar: [{ minute: 15 * 60 }] }
    expect(nextSlot(schedule, at(9))).toBe(at(15))
    expect(nextSlot({ ...schedule, windows }, at(9))).toBe(at(20))
  })

  it('waits for the window to open, and begins at once inside of it', () => {
    const schedule = { startAt: at(1), intervalMs: 3_600_000, windows }
    expect(nextSlot(schedule, at(9))).toBe(at(20))
    expect(nextSlot(schedule, at(20))).toBe(at(21))
    expect(nextSlot({ ...schedule, startAt: at(12) }, at(9))).toBe(at(20))
  })

  it('goes on in the next window, as good as it was', () => {
    const standing = { startAt: at(20), intervalMs: 3_600_000, windows, retries: 2 }
    const next = at(20) + 24 * 3_600_000
    expect(releasedAfter('interrupted', { ...standing, hasSucceeded: true }, at(22))).toEqual({
      ...{ status: 1, retries: 2, startAt: next },
    })
    expect(releasedAfter('interrupted', standing, at(22))).toEqual({
      ...{ status: 0, retries: 2, startAt: next },
    })
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
