import { expect, it } from 'vitest'
import { addDays, askedRange, dayOf, daysIn, faultOf, instantOf, rangeOf } from './log-range.ts'

const now = new Date(2026, 10, 21, 22, 5).getTime()

it('is the last week unless days are given', () => {
  const range = rangeOf(null, null, now)
  expect([dayOf(range.from), dayOf(range.to)]).toEqual(['2026-11-15', '2026-11-21'])
  expect(daysIn(range)).toBe(7)
})

it('takes days and passes over what is none', () => {
  const range = rangeOf('2026-11-01', 'yesterday', now)
  expect([dayOf(range.from), dayOf(range.to)]).toEqual(['2026-11-01', '2026-11-21'])
  expect(instantOf('2026-11-1')).toBeUndefined()
})

it('asks for the last day to its end', () => {
  const { from, to } = askedRange(rangeOf('2026-11-20', '2026-11-20', now))
  expect(Date.parse(to) - Date.parse(from)).toBe(addDays(0, 1) - 1)
})

it('knows a range that cannot be', () => {
  expect(faultOf(rangeOf('2026-11-21', '2026-11-20', now), now)).toBe('order')
  expect(faultOf(rangeOf(null, '2026-11-22', now), now)).toBe('future')
  expect(faultOf(rangeOf('2026-11-21', '2026-11-21', now), now)).toBeUndefined()
})
