import { z } from 'zod'
import type { BandwidthConfig, BandwidthSchedule, BandwidthWindow } from './config.ts'

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const unitBytes: Readonly<Record<string, number>> = {
  'B/s': 1,
  'kB/s': 1e3,
  'MB/s': 1e6,
  'GB/s': 1e9,
  'KiB/s': 1024,
  'MiB/s': 1024 ** 2,
  'GiB/s': 1024 ** 3,
  'kbit/s': 1e3 / 8,
  'Mbit/s': 1e6 / 8,
  'Gbit/s': 1e9 / 8,
}

/** `2MB/s`, `16 Mbit/s` or `unlimited`. */
export const rate = () =>
  z.string('must be a rate such as 2MB/s').transform((text, context): number | undefined => {
    if (text.trim().toLowerCase() === 'unlimited') return undefined
    const [, amount, unit = ''] =
      /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z]+\/s)\s*$/.exec(text) ?? []
    const name = Object.keys(unitBytes).find((one) => one.toLowerCase() === unit.toLowerCase())
    const bytesPerSecond = Number(amount) * (unitBytes[name ?? ''] ?? NaN)
    if (bytesPerSecond >= 1) return bytesPerSecond
    context.addIssue({ code: 'custom', message: 'must be a rate such as 2MB/s, or unlimited' })
    return z.NEVER
  })

/** `08:00`, as minutes since midnight; `24:00` is the end of the day. */
const timeOfDay = () =>
  z.string('must be a time such as 08:00').transform((text, context): number => {
    const [, hours, minutes] = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(text) ?? []
    const minute = Number(hours) * 60 + Number(minutes)
    if (minute <= 24 * 60) return minute
    context.addIssue({ code: 'custom', message: 'must be a time such as 08:00' })
    return z.NEVER
  })

const rateWindow = () =>
  z
    .strictObject({
      from: timeOfDay(),
      to: timeOfDay(),
      days: z
        .array(z.enum(days, `must be of ${days.join(', ')}`))
        .min(1)
        .optional(),
      rate: rate(),
    })
    .transform(({ from, to, days: named, rate }): BandwidthWindow => {
      const numbers = named?.map((day) => days.indexOf(day))
      return {
        fromMinute: from,
        toMinute: to,
        ...(numbers !== undefined && { days: new Set(numbers) }),
        ...(rate !== undefined && { bytesPerSecond: rate }),
      }
    })

const schedule = {
  default: rate().optional(),
  windows: z.array(rateWindow(), 'must be of type array').max(100).default([]),
}

function scheduleOf(parsed: {
  readonly default?: number | undefined
  readonly windows: readonly BandwidthWindow[]
}): BandwidthSchedule {
  const { default: usual, windows } = parsed
  return { windows, ...(usual !== undefined && { bytesPerSecond: usual }) }
}

const hostSchedule = () =>
  z.union([
    rate().transform((bytesPerSecond) => scheduleOf({ default: bytesPerSecond, windows: [] })),
    z.strictObject(schedule).transform(scheduleOf),
  ])

/**
 * `{ default: 2MB/s, windows: [{ from, to, days, rate }], hosts: { quay.io: 1MB/s } }`: what all
 * upstreams share, and what each may use of that. The first window that is open counts; one that ends
 * before it begins goes over midnight, and its days are those on which it begins.
 */
export const bandwidth = () =>
  z
    .strictObject(
      {
        ...schedule,
        hosts: z.record(z.string().min(1).max(255).toLowerCase(), hostSchedule()).default({}),
      },
      { error: (issue) => (issue.code === 'invalid_type' ? 'must be of type object' : undefined) },
    )
    .transform(({ hosts, ...all }): BandwidthConfig => ({
      all: scheduleOf(all),
      hosts: new Map(Object.entries(hosts)),
    }))
