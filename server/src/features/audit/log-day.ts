import type { Instant } from '../../platform/clock.ts'

export const dayMs = 24 * 3_600_000

/** Days since the epoch, in UTC. */
export const dayOf = (instant: Instant): number => Math.floor(instant / dayMs)

const form = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/

/** The beginning of a day given as `MM/DD/YYYY`; undefined for anything else. */
export function parseLogDay(text: string | undefined): Instant | undefined {
  const [, month = 0, day = 0, year = 0] = form.exec(text ?? '')?.map(Number) ?? []
  const instant = Date.UTC(year, month - 1, day)
  const parsed = new Date(instant)
  const isDay = parsed.getUTCMonth() === month - 1 && parsed.getUTCDate() === day
  return year >= 1000 && isDay ? instant : undefined
}

/** As `MM/DD/YYYY`, in UTC. */
export function formatLogDay(instant: Instant): string {
  const day = new Date(instant)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(day.getUTCMonth() + 1)}/${two(day.getUTCDate())}/${String(day.getUTCFullYear())}`
}
