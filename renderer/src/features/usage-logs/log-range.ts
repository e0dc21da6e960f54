const dayMs = 86_400_000

/** A day as the address has it, `2026-11-21`, in the reader's zone. */
export function dayOf(instant: number): string {
  const date = new Date(instant)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Midnight of a day in the reader's zone; undefined for what is no day. */
export function instantOf(day: string | null): number | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '') ?? []
  if (year === undefined) return undefined
  const instant = new Date(Number(year), Number(month) - 1, Number(date)).getTime()
  return Number.isFinite(instant) ? instant : undefined
}

export interface Range {
  /** Midnights of the first and the last day. */
  readonly from: number
  readonly to: number
}

export const usualDays = 7
/** What the routes that count answer at most. */
export const countedDays = 31

export function rangeOf(from: string | null, to: string | null, now: number): Range {
  const today = instantOf(dayOf(now)) ?? now
  const last = instantOf(to) ?? today
  return { from: instantOf(from) ?? addDays(last, 1 - usualDays), to: last }
}

/** Days may have 23 or 25 hours. */
export function addDays(midnight: number, days: number): number {
  const date = new Date(midnight)
  date.setDate(date.getDate() + days)
  return date.getTime()
}

/** As the calls want it: the last day to its end. */
export const askedRange = ({ from, to }: Range) => ({
  from: new Date(from).toISOString(),
  to: new Date(addDays(to, 1) - 1).toISOString(),
})

/** `MM/DD/YYYY` of days in UTC, as the older routes want them. */
export function legacyRange({ from, to }: Range) {
  const written = (instant: number) => {
    const [year, month, day] = new Date(instant).toISOString().slice(0, 10).split('-')
    return `${month ?? ''}/${day ?? ''}/${year ?? ''}`
  }
  return { starttime: written(from), endtime: written(addDays(to, 1) - 1) }
}

export const daysIn = ({ from, to }: Range) => Math.round((to - from) / dayMs) + 1

export type RangeFault = 'future' | 'order'

export function faultOf({ from, to }: Range, now: number): RangeFault | undefined {
  if (from > now || to > now) return 'future'
  return from > to ? 'order' : undefined
}
