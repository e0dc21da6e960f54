import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { Backoff } from './waiting.ts'

export type RateLimits = ReturnType<typeof createRateLimits>

/** Until when each upstream wants to be left alone, for all who ask it. */
export function createRateLimits({ elapsed, backoff }: { elapsed: Stopwatch; backoff: Backoff }) {
  const pauses = new LRUCache<string, { untilMs: number; refusals: number }>({ max: 1000 })

  const waitMs = (host: string) =>
    Math.max(0, Math.ceil((pauses.get(host)?.untilMs ?? 0) - elapsed()))

  return {
    /** 0: it may be asked. */
    waitMs,

    /** It answered 429. @returns how long it is left alone. */
    refused(host: string, headers: IncomingHttpHeaders): number {
      const { untilMs = 0, refusals: before = 0 } = pauses.get(host) ?? {}
      // Those who had asked before the first refusal came are part of it.
      const refusals = untilMs > elapsed() ? before : before + 1
      const forMs = Math.max(askedWaitMs(headers) ?? 0, backoff.afterMs(refusals))
      pauses.set(host, { untilMs: Math.max(untilMs, elapsed() + forMs), refusals })
      return forMs
    },

    /** It answered. @returns how many requests it still allows, where it tells. */
    answered(host: string, headers: IncomingHttpHeaders): number | undefined {
      const remaining = numberIn(headers, 'ratelimit-remaining', 'x-ratelimit-remaining')
      const resetMs = remaining === 0 ? resetWaitMs(headers) : undefined
      if (resetMs !== undefined) pauses.set(host, { untilMs: elapsed() + resetMs, refusals: 0 })
      else if (pauses.has(host) && waitMs(host) === 0) pauses.delete(host)
      return remaining
    },
  }
}

function askedWaitMs(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after']
  if (text === undefined) return resetWaitMs(headers)
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  // Against the upstream's own clock: ours may be wrong by years.
  const waitMs = Date.parse(text) - Date.parse(headers.date ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}

const leastEpochSeconds = 1_000_000_000

/** In so many seconds, or at a moment in seconds since 1970: both are in use. */
function resetWaitMs(headers: IncomingHttpHeaders): number | undefined {
  const reset = numberIn(headers, 'ratelimit-reset', 'x-ratelimit-reset')
  if (reset === undefined) return undefined
  if (reset < leastEpochSeconds) return reset * 1_000
  const nowMs = Date.parse(headers.date ?? '')
  return Number.isNaN(nowMs) ? undefined : Math.max(0, reset * 1_000 - nowMs)
}

/** `76;w=21600` is 76. */
function numberIn(headers: IncomingHttpHeaders, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = Number.parseInt(String(headers[name]), 10)
    if (value >= 0) return value
  }
  return undefined
}
