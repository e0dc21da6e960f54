import { expect, it } from 'vitest'

import { eventsOfAll } from './tag-events.ts'
import type { TagPeriod } from './tag-history-row-store.ts'

const now = 100_000
const windowMs = 50_000
let next = 0
const period = (start: number, end: number | null, digest = 'd1', reversion = 0): TagPeriod => ({
  ...{ id: ++next, name: 'latest', digest, media_type: 'm', reversion },
  ...{ lifetime_start_ms: start, lifetime_end_ms: end },
})
const told = (...periods: TagPeriod[]) =>
  eventsOfAll(periods, { now, windowMs }).map(({ change, at, previousDigest }) => [
    ...[change, at, previousDigest],
  ])

it('takes an end and a start two seconds apart for one move', () => {
  expect(told(period(60_000, 70_000), period(72_000, null, 'd2'))).toEqual([
    ['created', 60_000, null],
    ['moved', 72_000, 'd1'],
  ])
  expect(told(period(60_000, 70_000), period(72_001, null, 'd2'))).toEqual([
    ['created', 60_000, null],
    ['deleted', 70_000, null],
    ['created', 72_001, null],
  ])
})

it('tells what was set back from what was made anew', () => {
  expect(told(period(60_000, 70_000, 'd1'), period(70_000, null, 'd2', 1))).toEqual([
    ['created', 60_000, null],
    ['reverted', 70_000, 'd1'],
  ])
  expect(told(period(60_000, 70_000), period(90_000, null, 'd1', 1)).at(-1)).toEqual([
    ...['recreated', 90_000, null],
  ])
})

it('tells an end that is to come from one that was', () => {
  expect(told(period(60_000, now + 1))).toContainEqual(['expires', now + 1, null])
  const [, deleted] = eventsOfAll([period(60_000, now)], { now, windowMs })
  expect(deleted).toMatchObject({ change: 'deleted', collectedAt: now + windowMs })
})
