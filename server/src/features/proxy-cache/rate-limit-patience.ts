import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { UpstreamObserver } from '../../upstream/upstream.ts'

/**
 * Ends a question to an upstream that wants to be left alone for longer than a client would wait; mirrors
 * wait that out, but nobody looks at them meanwhile.
 */
export function createPatience(longestMs: number): {
  readonly observe: UpstreamObserver
  readonly signal: AbortSignal
} {
  const lost = new AbortController()
  let waitMs = 0
  return {
    signal: lost.signal,
    observe(event) {
      if (event.kind === 'bytes') waitMs = 0
      if (event.kind !== 'rate-limited') return
      waitMs += event.waitMs
      if (waitMs <= longestMs) return
      const seconds = Math.ceil(event.waitMs / 1_000)
      const reason = `it wants to be left alone for ${String(seconds)} s`
      const { host, waitMs: retryAfterMs } = event
      lost.abort(
        new UpstreamFault('rate_limited', { host, asked: 'its limit', reason, retryAfterMs }),
      )
    },
  }
}
