import type { Instant } from './clock.ts'
import { isWindowOpen, type WeeklyWindow } from './weekly-window.ts'

/** While what something may run. */
export type Window = WeeklyWindow

/** A time of the day, on some days of the week or on all. */
export interface Moment {
  readonly minute: number
  readonly days?: ReadonlySet<number>
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minutesPerDay = 24 * 60
const daysAhead = 8
/** Windows that follow each other without a gap for so long have no end. */
const mostEnds = 500

/** `22:00-06:00` or `sat+sun@00:00-24:00`; undefined: it is none. */
export function parseWindow(text: string): Window | undefined {
  const { time, days } = parts(text)
  const [from = '', to = '', ...rest] = time.split('-')
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)]
  if (rest.length > 0 || days === null || fromMinute === undefined || toMinute === undefined) {
    return undefined
  }
  if (fromMinute === toMinute || fromMinute === minutesPerDay) return undefined
  return { fromMinute, toMinute, ...(days && { days }) }
}

/** `02:00` or `mon-fri@02:00`; undefined: it is none. */
export function parseMoment(text: string): Moment | undefined {
  const { time, days } = parts(text)
  const minute = minuteOf(time)
  if (days === null || minute === undefined || minute === minutesPerDay) return undefined
  return { minute, ...(days && { days }) }
}

/** By the clock on the wall of the server, as everything here. */
export function isOpen(windows: readonly Window[], now: Instant): boolean {
  return windows.length === 0 || windows.some((window) => isWindowOpen(window, now))
}

/** When the next window opens. */
export function opensAt(windows: readonly Window[], now: Instant): Instant {
  return nextOf(
    windows.map(({ fromMinute: minute, days }) => ({ minute, ...(days && { days }) })),
    now,
  )
}

/** When the window that is open closes; undefined: another one follows it, again and again. */
export function closesAt(windows: readonly Window[], now: Instant): Instant | undefined {
  const ends = windows.map(({ toMinute: minute }) => ({ minute }))
  for (let at = now, count = 0; count < mostEnds && ends.length > 0; count++) {
    at = nextOf(ends, at)
    if (!isOpen(windows, at)) return at
  }
  return undefined
}

/** The first of the moments after now. */
export function nextOf(moments: readonly Moment[], now: Instant): Instant {
  const today = new Date(now)
  let next = Infinity
  for (let ahead = -1; ahead <= daysAhead; ahead++) {
    const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() + ahead)
    for (const { minute, days } of moments) {
      if (days !== undefined && !days.has(day.getDay())) continue
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minute).getTime()
      if (at > now) next = Math.min(next, at)
    }
  }
  return next
}

/** Null: the days are none. */
function parts(text: string): { time: string; days: ReadonlySet<number> | null | undefined } {
  const at = text.indexOf('@')
  if (at < 0) return { time: text, days: undefined }
  return { time: text.slice(at + 1), days: daysOf(text.slice(0, at)) ?? null }
}

/** `mon-fri`, `sat+sun`; a range may go over the end of the week. */
function daysOf(text: string): ReadonlySet<number> | undefined {
  const found = new Set<number>()
  for (const part of text.toLowerCase().split('+')) {
    const [first = '', last = first, ...rest] = part.split('-')
    const [from, to] = [dayNames.indexOf(first), dayNames.indexOf(last)]
    if (from < 0 || to < 0 || rest.length > 0) return undefined
    for (let day = from; ; day = (day + 1) % dayNames.length) {
      found.add(day)
      if (day === to) break
    }
  }
  return found
}

/** `24:00` is the end of the day. */
function minuteOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(text) ?? []
  const minute = Number(hours) * 60 + Number(minutes)
  return minute <= minutesPerDay ? minute : undefined
}
