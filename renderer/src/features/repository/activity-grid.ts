interface Day {
  /** `2026-11-22`, in UTC. */
  readonly date: string
  readonly count: number
}

export interface ActivityGrid {
  readonly weekdays: readonly string[]
  /** The first day of each week. */
  readonly weeks: readonly string[]
  /** By weekday, then by week; 0 where there is no such day. */
  readonly counts: readonly (readonly number[])[]
  readonly total: number
}

const dayMs = 86_400_000

/** Days laid out as a calendar whose weeks begin on Monday. */
export function activityGrid(days: readonly Day[], locale: string): ActivityGrid {
  const counts = new Map(days.map(({ date, count }) => [toDay(date), count]))
  const numbers = [...counts.keys()]
  const first = mondayOf(Math.min(...numbers))
  const weekCount = days.length === 0 ? 0 : Math.floor((Math.max(...numbers) - first) / 7) + 1
  const name = (day: number, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(day * dayMs)
  const weeks = Array.from({ length: weekCount }, (_, week) => first + week * 7)
  const weekdays = Array.from({ length: 7 }, (_, at) => at)
  return {
    // The fifth day of the epoch was a Monday.
    weekdays: weekdays.map((at) => name(4 + at, { weekday: 'short' })),
    weeks: weeks.map((monday) => name(monday, { month: 'short', day: 'numeric' })),
    counts: weekdays.map((at) => weeks.map((monday) => counts.get(monday + at) ?? 0)),
    total: days.reduce((sum, { count }) => sum + count, 0),
  }
}

const toDay = (date: string) => Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs)
/** 1 January 1970 was a Thursday. */
const mondayOf = (day: number) => day - ((day + 3) % 7)
