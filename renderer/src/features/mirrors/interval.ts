/** Units of an interval, the longest first. */
export const intervalUnits = ['weeks', 'days', 'hours', 'minutes', 'seconds'] as const

export type IntervalUnit = (typeof intervalUnits)[number]

const secondsOf: Readonly<Record<IntervalUnit, number>> = {
  weeks: 604_800,
  days: 86_400,
  hours: 3_600,
  minutes: 60,
  seconds: 1,
}

export interface Interval {
  readonly amount: number
  readonly unit: IntervalUnit
}

/** In the longest unit that leaves no rest; a day is 24 hours, as people say it. */
export function intervalOf(seconds: number): Interval {
  if (seconds === secondsOf.days) return { amount: 24, unit: 'hours' }
  const unit =
    intervalUnits.find((one) => seconds >= secondsOf[one] && seconds % secondsOf[one] === 0) ??
    'seconds'
  return { amount: seconds / secondsOf[unit], unit }
}

export function secondsIn(amount: number, unit: string): number {
  const known = intervalUnits.find((one) => one === unit) ?? 'seconds'
  return Math.round(amount * secondsOf[known])
}
