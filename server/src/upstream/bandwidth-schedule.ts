import type { BandwidthSchedule, BandwidthWindow } from '../config/config.ts'
import type { Instant } from '../platform/clock.ts'

const daysPerWeek = 7

/** Bytes a second at a moment, by the clock on the wall; undefined: as many as there are. */
export function rateAt({ bytesPerSecond, windows }: BandwidthSchedule, now: Instant) {
  const open = windows.find((window) => isWindowOpen(window, now))
  return open === undefined ? bytesPerSecond : open.bytesPerSecond
}

/** The days of a window that goes over midnight are those on which it begins. */
export function isWindowOpen(
  { fromMinute, toMinute, days }: Pick<BandwidthWindow, 'fromMinute' | 'toMinute' | 'days'>,
  now: Instant,
): boolean {
  const local = new Date(now)
  const minute = local.getHours() * 60 + local.getMinutes()
  const day = local.getDay()
  const isOn = (one: number) => days === undefined || days.has(one)
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute && isOn(day)
  if (minute >= fromMinute) return isOn(day)
  return minute < toMinute && isOn((day + daysPerWeek - 1) % daysPerWeek)
}
