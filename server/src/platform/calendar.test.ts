import { describe, expect, it } from 'vitest'

import { closesAt, isOpen, nextOf, opensAt, parseMoment, parseWindow } from './calendar.ts'

/** Of a week in March 2026 that begins on a Sunday, by the clock on the wall. */
const at = (day: number, hours: number, minutes = 0) =>
  new Date(2026, 2, 1 + day, hours, minutes).getTime()
const windows = (...texts: string[]) => texts.flatMap((text) => parseWindow(text) ?? [])
const moments = (...texts: string[]) => texts.flatMap((text) => parseMoment(text) ?? [])

describe('a window', () => {
  it('is open on its days, over midnight with the day on which it began', () => {
    const nights = windows('fri+sat@22:00-06:00')
    expect(nights).toHaveLength(1)
    const open = (day: number, hours: number) => isOpen(nights, at(day, hours))
    expect([open(4, 23), open(5, 21), open(5, 22), open(6, 5), open(6, 6)]).toEqual([
      ...[false, false, true, true, false],
    ])
    expect(isOpen([], at(0, 0))).toBe(true)
  })

  it('opens and closes when it says', () => {
    const nights = windows('22:00-06:00')
    expect(opensAt(nights, at(2, 12))).toBe(at(2, 22))
    expect(opensAt(nights, at(2, 22))).toBe(at(3, 22))
    expect(closesAt(nights, at(2, 23))).toBe(at(3, 6))
    expect(closesAt(nights, at(3, 5, 59))).toBe(at(3, 6))
  })

  it('goes on with the one that follows, for ever if need be', () => {
    expect(closesAt(windows('08:00-12:00', '12:00-14:00'), at(1, 9))).toBe(at(1, 14))
    expect(closesAt(windows('sat+sun@00:00-24:00'), at(6, 9))).toBe(at(8, 0))
    expect(closesAt(windows('00:00-12:00', '12:00-24:00'), at(1, 9))).toBeUndefined()
  })

  it.each(['', '22:00', '25:00-26:00', '9-10', 'day@1:00-2:00', '1:00-2:00-3:00', '3:00-3:00'])(
    'is not %j',
    (text) => {
      expect(parseWindow(text)).toBeUndefined()
    },
  )
})

describe('a calendar', () => {
  it('tells the first time after now', () => {
    const times = moments('mon-fri@02:00', 'sat@12:30')
    expect(nextOf(times, at(0, 12))).toBe(at(1, 2))
    expect(nextOf(times, at(1, 2))).toBe(at(2, 2))
    expect(nextOf(times, at(5, 3))).toBe(at(6, 12, 30))
    expect(nextOf(times, at(6, 12, 30))).toBe(at(8, 2))
    expect(nextOf(moments('fri-mon@00:00'), at(1, 1))).toBe(at(5, 0))
  })

  it.each(['', '24:00', 'mon@', 'mon-fri-sun@1:00', 'monday@1:00', '1:00-2:00'])(
    'has no time %j',
    (text) => {
      expect(parseMoment(text)).toBeUndefined()
    },
  )
})
