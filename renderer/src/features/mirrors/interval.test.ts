import { describe, expect, it } from 'vitest'
import { intervalOf, secondsIn } from './interval.ts'

describe('an interval', () => {
  it.each([
    [86_400, 24, 'hours'],
    [604_800, 1, 'weeks'],
    [172_800, 2, 'days'],
    [5_400, 90, 'minutes'],
    [61, 61, 'seconds'],
    [0, 0, 'seconds'],
  ] as const)('of %i seconds is said in %i %s, and comes back', (seconds, amount, unit) => {
    expect(intervalOf(seconds)).toEqual({ amount, unit })
    expect(secondsIn(amount, unit)).toBe(seconds)
  })
})
