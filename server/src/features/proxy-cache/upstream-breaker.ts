import { LRUCache } from 'lru-cache'

import type { Clock, Instant } from '../../platform/clock.ts'
import { UpstreamFault, type UpstreamFaultCode } from '../../upstream/upstream-fault.ts'

export type UpstreamBreaker = ReturnType<typeof createUpstreamBreaker>

const leaveAloneMs = 30_000
const longestMs = 300_000

/**
 * Remembers which upstreams do not answer, so that not every pull waits to find out: after a failure
 * an upstream is left alone for a while, then one call tries it while the others still do without.
 */
export function createUpstreamBreaker({ clock }: { clock: Clock }) {
  const until = new LRUCache<string, Instant>({ max: 1_000 })

  /** @param leaveMs as the upstream itself wants it. */
  function failed(host: string, leaveMs = leaveAloneMs): void {
    until.set(host, clock.now() + Math.min(leaveMs, longestMs))
  }

  function answered(host: string): void {
    until.delete(host)
  }

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

    failed,
    answered,

    /** An upstream that answers, whatever it says, is worth asking again. */
    noteFailure(host: string, error: unknown): void {
      const isFault = error instanceof UpstreamFault
      // It was not asked.
      if (isFault && notAsked.has(error.code)) return
      if (isFault && answers.has(error.code)) answered(host)
      else failed(host, isFault ? error.retryAfterMs : undefined)
    },
  }
}

const notAsked: ReadonlySet<UpstreamFaultCode> = new Set<UpstreamFaultCode>([
  ...(['disconnected', 'decryption_failed'] as const),
])
const answers: ReadonlySet<UpstreamFaultCode> = new Set<UpstreamFaultCode>([
  ...(['auth_failed', 'not_found', 'manifest_invalid'] as const),
])
