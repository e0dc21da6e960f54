import { toInstant } from '../../ui/format.ts'
import type { LogCounts } from './log-calls.ts'
import { addDays, dayOf, type Range } from './log-range.ts'

export interface DaySeries {
  /** `2026-11-21` */
  readonly days: readonly string[]
  readonly series: readonly { readonly kind: string; readonly values: readonly number[] }[]
}

/** Kinds that are told apart; a drawing of more is read by nobody. */
const toldApart = 5
export const otherKinds = '*'

/** The commonest kinds first, each with a number for every day. */
export function seriesOf(counts: LogCounts, range: Range): DaySeries {
  const days: string[] = []
  for (let day = range.from; day <= range.to; day = addDays(day, 1)) days.push(dayOf(day))
  const totals = new Map<string, number>()
  for (const { kind, count } of counts) totals.set(kind, (totals.get(kind) ?? 0) + count)
  const ranked = [...totals.keys()].toSorted((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0))
  const told = ranked.length <= toldApart + 1 ? ranked : ranked.slice(0, toldApart)
  const names = told.length === ranked.length ? told : [...told, otherKinds]
  const values = new Map(names.map((name) => [name, days.map(() => 0)]))
  for (const { kind, count, datetime } of counts) {
    const at = days.indexOf(utcDayOf(datetime))
    const row = values.get(told.includes(kind) ? kind : otherKinds)
    if (at !== -1 && row !== undefined) row[at] = (row[at] ?? 0) + count
  }
  return { days, series: names.map((kind) => ({ kind, values: values.get(kind) ?? [] })) }
}

/** The server counts by days of UTC. */
function utcDayOf(datetime: string): string {
  const instant = toInstant(datetime)
  return instant === null ? '' : new Date(instant).toISOString().slice(0, 10)
}
