import { LRUCache } from 'lru-cache'

import type { Clock, Instant } from '../../platform/clock.ts'

export type UpstreamBreaker = ReturnType<typeof createUpstreamBreaker>

const leaveAloneMs = 30_000
const longestMs = 300_000

/**
 * Remembers which upstreams do not answer, so that not every pull waits to find out: after a failure
 * an upstream is left alone for a while, then one call tries it while the others still do without.
 */
export function createUpstreamBreaker({ clock }: { clock: Clock }) {
  const until = new LRUCache<string, Instant>({ max: 1_000 })

  return {
    /** Whether a call that could do without the upstream should ask it. */
    mayAsk(host: string, atMostMs: number): boolean {
      const closed = until.get(host)
      if (closed === undefined) return true
      const now = clock.now()
      if (now < closed) return false
      until.set(host, now + atMostMs)
      return true
    },

    isFailing: (host: string): boolean => until.has(host),

    /** @param leaveMs as the upstream itself wants it. */
    failed(host: string, leaveMs = leaveAloneMs): void {
      until.set(host, clock.now() + Math.min(leaveMs, longestMs))
    },

    answered(host: string): void {
      until.delete(host)
    },
  }
}
