import type { Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'

/** Of the year 1 to the year 9999: what every date on the wire can tell. */
const earliest: Instant = -62_135_596_800_000
const latest: Instant = 253_402_300_799_999

/** ISO 8601, with or without a time. @throws Problem `request-invalid` */
export function parseInstant(text: string | undefined): Instant | undefined {
  if (text === undefined || text === '') return undefined
  const isIso = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)
  const instant = isIso ? Date.parse(text) : Number.NaN
  if (Number.isNaN(instant) || instant < earliest || instant > latest) {
    throw new Problem('request-invalid', { message: 'A date is not in the form of ISO 8601' })
  }
  return instant
}
