import { limitIn, type Allowance, type RateLimits } from './rate-limits.ts'
import { describeAsked } from './transport-fault.ts'
import type { Answer } from './transport.ts'
import { discard } from './exchange.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamObserver } from './upstream.ts'
import { pause, type Backoff } from './waiting.ts'

export interface Attempting {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  /** How often a passing failure is answered by asking again, the first time included. */
  readonly attempts: number
  readonly signal: AbortSignal
  readonly observe: UpstreamObserver | undefined
}

export type Attempts = ReturnType<typeof createAttempts>

const mostRefusals = 5
/** A timer may come a little before its time, and the wait would be told once more. */
const timerIsEarlyMs = 2

/** Asks again what may go better in a moment, and waits while an upstream wants to be left alone. */
export function createAttempts({
  limits,
  backoff,
  longestWaitMs,
  noteAllowance,
}: {
  limits: RateLimits
  backoff: Backoff
  longestWaitMs: number
  noteAllowance: (host: string, allowance: Allowance) => void
}) {
  return async function attempt<T>(
    { method, url, attempts, signal, observe }: Attempting,
    ask: () => Promise<Answer>,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const asked = describeAsked(method, url)
    let refusals = 0
    for (let failures = 0; ;) {
      await waitForTurn(url.host)
      try {
        const answer = await ask()
        if (answer.status === 429) throw refused(answer)
        const { host } = answer.url
        const allowance = limits.answered(host, answer.message.headers)
        if (allowance !== undefined) {
          noteAllowance(host, allowance)
          observe?.({ kind: 'allowance', host, ...allowance })
        }
        if (isPassingStatus(answer.status)) throw failed(answer)
        return await read(answer)
      } catch (error) {
        if (!(error instanceof UpstreamFault)) throw error
        if (error.code === 'rate_limited') {
          if (++refusals >= mostRefusals) throw error
          await waitForTurn(error.host)
        } else {
          if (!isPassing(error) || ++failures >= attempts) throw error
          observe?.({ kind: 'retry', host: error.host, reason: error.reason })
          await pause(backoff.afterMs(failures), signal)
        }
      }
    }

    async function waitForTurn(host: string): Promise<void> {
      for (;;) {
        const waitMs = limits.waitMs(host)
        if (waitMs === 0) return
        if (waitMs > longestWaitMs) {
          const reason = `it wants to be left alone for ${Math.ceil(waitMs / 1000)} s`
          throw new UpstreamFault('rate_limited', { ...asked, reason, retryAfterMs: waitMs })
        }
        observe?.({ kind: 'rate-limited', host, waitMs })
        await pause(waitMs + timerIsEarlyMs, signal)
      }
    }

    function refused(answer: Answer): UpstreamFault {
      const { host } = answer.url
      const retryAfterMs = limits.refused(host, answer.message.headers)
      noteAllowance(host, {
        remaining: 0,
        ...limitIn(answer.message.headers),
        resetMs: retryAfterMs,
      })
      return faultOf('rate_limited', answer, retryAfterMs)
    }

    function failed(answer: Answer): UpstreamFault {
      return faultOf('connection_error', answer)
    }

    function faultOf(
      code: 'rate_limited' | 'connection_error',
      { status, message, url }: Answer,
      retryAfterMs?: number,
    ): UpstreamFault {
      discard(message, method)
      const facts = describeAsked(method, url)
      return new UpstreamFault(code, {
        ...facts,
        status,
        reason: `it was answered ${status}`,
        retryAfterMs,
      })
    }
  }
}

/** Whether the same question may be answered in a moment. */
export function isPassing({ code }: UpstreamFault): boolean {
  return code === 'network_timeout' || code === 'connection_error'
}

function isPassingStatus(status: number): boolean {
  return status === 408 || status === 425 || (status >= 500 && status !== 501)
}
