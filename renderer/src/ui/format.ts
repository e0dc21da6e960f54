export type When = number | string | Date | null | undefined

/** Milliseconds since the epoch, or none. Texts are ISO 8601, as on the wire. */
export function toInstant(at: When): number | null {
  if (at === null || at === undefined || at === '') return null
  const instant = at instanceof Date ? at.getTime() : typeof at === 'number' ? at : Date.parse(at)
  return Number.isFinite(instant) ? instant : null
}

/** Japanese writes dates in full and counts hours to 24; others in the middle length. */
function dateStyle(locale: string): 'long' | 'medium' {
  return locale.startsWith('ja') ? 'long' : 'medium'
}

export function formatDateTime(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: dateStyle(locale),
    timeStyle: 'short',
  }).format(at)
}

export function formatDate(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: dateStyle(locale) }).format(at)
}

/** To the second, of today. */
export function formatTime(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(at)
}

/** To the second, with the zone. */
export function formatFullDate(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: locale.startsWith('ja') ? 'long' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at)
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

export function formatRelative(at: number, now: number, locale: string): string {
  const seconds = (at - now) / 1000
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit)
  }
  return format.format(0, 'second')
}

export function formatNumber(
  value: number,
  locale: string,
  options: Intl.NumberFormatOptions = {},
): string {
  return new Intl.NumberFormat(locale, options).format(value)
}

export function formatPercent(part: number, locale: string): string {
  return formatNumber(part, locale, { style: 'percent', maximumFractionDigits: 0 })
}

const sizes = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Binary units with two decimals, from KiB on: "0.00 KiB". */
export function formatBytes(bytes: number, locale: string): string {
  let value = bytes / 1024
  let unit = 0
  // What would round to 1024.00 is 1.00 of the next unit.
  while (Math.abs(value) >= 1023.995 && unit < sizes.length - 1) {
    value /= 1024
    unit += 1
  }
  const number = formatNumber(value, locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  })
  return `${number} ${sizes[unit] ?? ''}`
}

/** Bytes in a second. */
export function formatRate(bytes: number, locale: string): string {
  return `${formatBytes(bytes, locale)}/s`
}

/** The two largest units: "1 hr, 5 min". */
export function formatDuration(seconds: number, locale: string): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0 || (unit === 'second' && parts.length === 0)) {
      parts.push(formatNumber(count, locale, { style: 'unit', unit, unitDisplay: 'short' }))
    }
    if (parts.length === 2) break
  }
  return formatList(parts, locale, 'unit')
}

export function formatList(
  texts: readonly string[],
  locale: string,
  type: 'conjunction' | 'disjunction' | 'unit' = 'conjunction',
): string {
  return new Intl.ListFormat(locale, { type, style: type === 'unit' ? 'narrow' : 'long' }).format(
    texts,
  )
}

/** For sorting: numbers inside names count as numbers, case does not count. */
export function compareText(locale: string): (a: string, b: string) => number {
  return new Intl.Collator(locale, { numeric: true, sensitivity: 'base' }).compare
}
