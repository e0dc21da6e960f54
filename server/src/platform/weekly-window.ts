import type { Instant } from './clock.ts'

const daysPerWeek = 7

/** A part of the day by the clock on the wall, on some days of the week (Sunday is 0) or on all. */
export interface WeeklyWindow {
  /** Since midnight. */
  readonly fromMinute: number
  /** Before `fromMinute` where it goes over midnight; then the days are those on which it begins. */
  readonly toMinute: number
  readonly days?: ReadonlySet<number>
}

export function isWindowOpen({ fromMinute, toMinute, days }: WeeklyWindow, now: Instant): boolean {
  const local = new Date(now)
  const minute = local.getHours() * 60 + local.getMinutes()
  const day = local.getDay()
  const isOn = (one: number) => days === undefined || days.has(one)
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute && isOn(day)
  if (minute >= fromMinute) return isOn(day)
  return minute < toMinute && isOn((day + daysPerWeek - 1) % daysPerWeek)
}
