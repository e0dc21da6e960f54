import { m } from '../../paraglide/messages.js'
import { getLocale } from '../../paraglide/runtime.js'
import { formatBytes, formatDuration, formatNumber, formatPercent } from '../../ui/format.ts'

/** Numbers as the reader writes them. */
export const bytesText = (bytes: number) => formatBytes(bytes, getLocale())
export const numberText = (value: number) =>
  formatNumber(value, getLocale(), { maximumFractionDigits: 1 })
export const shareText = (part: number) => formatPercent(part, getLocale())
export const durationText = (seconds: number) => formatDuration(seconds, getLocale())
export const daysText = (days: number) => m.appliance_days({ count: Math.floor(days) })
