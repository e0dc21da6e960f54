import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { Backoff } from './waiting.ts'

/** What an upstream says about how much it may be asked. */
export interface Allowance {
  readonly remaining: number
  readonly limit?: number
  /** For how long the limit counts. */
  readonly windowMs?: number
  /** Until there is more again. */
  readonly resetMs?: number
}

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

    /** It answered. @returns what it still allows, where it tells. */
    answered(host: string, headers: IncomingHttpHeaders): Allowance | undefined {
      const remaining = numberIn(headers, 'ratelimit-remaining', 'x-ratelimit-remaining')
      const resetMs = remaining === undefined ? undefined : resetWaitMs(headers)
      if (remaining === 0 && resetMs !== undefined) {
        pauses.set(host, { untilMs: elapsed() + resetMs, refusals: 0 })
      } else if (pauses.has(host) && waitMs(host) === 0) pauses.delete(host)
      if (remaining === undefined) return undefined
      return { remaining, ...limitIn(headers), ...(resetMs !== undefined && { resetMs }) }
    },
  }
}

/** `100;w=21600` is 100 in six hours. */
export function limitIn(headers: IncomingHttpHeaders): Pick<Allowance, 'limit' | 'windowMs'> {
  const limit = numberIn(headers, 'ratelimit-limit', 'x-ratelimit-limit')
  const text = headers['ratelimit-limit'] ?? headers['x-ratelimit-limit']
  const [, seconds] = /;\s*w=(\d{1,9})/.exec(String(text)) ?? []
  return {
    ...(limit !== undefined && { limit }),
    ...(seconds !== undefined && { windowMs: Number(seconds) * 1_000 }),
  }
}

function askedWaitMs(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after']
  if (text === undefined) return resetWaitMs(headers)
  if (/^\d+$/.test(text)) return believable(Number(text) * 1_000)
  // Against the upstream's own clock: ours may be wrong by years.
  return believable(Date.parse(text) - Date.parse(headers.date ?? ''))
}

/** One who asks for more is asked again tomorrow: nothing but a restart would let him be asked. */
const longestWaitMs = 86_400_000

function believable(waitMs: number): number | undefined {
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), longestWaitMs)
}

const leastEpochSeconds = 1_000_000_000

/** In so many seconds, or at a moment in seconds since 1970: both are in use. */
function resetWaitMs(headers: IncomingHttpHeaders): number | undefined {
  const reset = numberIn(headers, 'ratelimit-reset', 'x-ratelimit-reset')
  if (reset === undefined) return undefined
  if (reset < leastEpochSeconds) return believable(reset * 1_000)
  return believable(reset * 1_000 - Date.parse(headers.date ?? ''))
}

/** `76;w=21600` is 76. */
function numberIn(headers: IncomingHttpHeaders, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = Number.parseInt(String(headers[name]), 10)
    if (value >= 0) return Math.min(value, Number.MAX_SAFE_INTEGER)
  }
  return undefined
}
