import type { IncomingMessage } from 'node:http'
import type { Attempts } from './attempts.ts'
import { discard, readWhole } from './exchange.ts'
import type { Logins } from './logins.ts'
import { describeAsked, transportFault } from './transport-fault.ts'
import type { Answer, Transport } from './transport.ts'
import { UpstreamFault, type UpstreamFaultCode } from './upstream-fault.ts'
import type { UpstreamTarget } from './upstream-target.ts'

export interface Asking<T> {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly attempts?: number
  readonly signal: AbortSignal
  /** Part of an attempt: what breaks while it reads is asked for again. */
  readonly read: (reply: Reply) => Promise<T>
}

/** An answer that is no refusal: neither 401, 403, 429 nor 5xx. */
export interface Reply {
  readonly status: number
  readonly message: IncomingMessage
  readonly header: (name: string) => string | undefined
  readonly whole: (limitBytes: number) => Promise<Buffer>
  /** Nobody wants the body. */
  readonly discard: () => void
  readonly fault: (code: UpstreamFaultCode, reason: string) => UpstreamFault
}

export type Session = ReturnType<typeof createSession>

const usualAttempts = 4

/** Requests to one repository, as whoever we are there. */
export function createSession(
  target: UpstreamTarget,
  parts: { transport: Transport; attempt: Attempts; logins: Logins },
) {
  const { transport, attempt, logins } = parts
  const { observe, route } = target

  return {
    target,
    patience: transport.patience,

    ask<T>({ read, attempts = usualAttempts, ...asking }: Asking<T>): Promise<T> {
      const { method, url, signal } = asking
      return attempt(
        { method, url, attempts, signal, observe },
        () => askOnce(asking),
        async (answer) => {
          if (answer.status === 401 || answer.status === 403) throw refusal(answer, method)
          try {
            return await read(replyOf(answer, method))
          } catch (error) {
            signal.throwIfAborted()
            throw transportFault(error, describeAsked(method, answer.url))
          }
        },
      )
    },
  }

  async function askOnce({ signal, ...asking }: Omit<Asking<unknown>, 'read'>): Promise<Answer> {
    const send = (authorization: string | undefined) =>
      transport.send({ ...asking, authorization, follows: true, route, signal })
    const authorization = await logins.current(target, signal)
    const answer = await send(authorization)
    if (answer.status !== 401 || answer.url.origin !== target.origin.origin) return answer
    const header = answer.message.headers['www-authenticate']
    const better = await logins.renewed(target, authorization, header, signal)
    if (better === undefined) return answer
    discard(answer.message, asking.method)
    return send(better)
  }

  function refusal({ status, message, url }: Answer, method: 'GET' | 'HEAD'): UpstreamFault {
    discard(message, method)
    const asked = describeAsked(method, url)
    if (url.origin !== target.origin.origin) {
      // A signed address that has run out: the registry gives a new one.
      const reason = `it was answered ${status} where the registry redirects to`
      return new UpstreamFault('connection_error', { ...asked, status, reason })
    }
    const who = target.username === undefined ? 'without an account' : `as ${target.username}`
    const reason = `it is not given out ${who} (${status})`
    return new UpstreamFault('auth_failed', { ...asked, status, reason })
  }

  function replyOf({ status, message, url }: Answer, method: 'GET' | 'HEAD'): Reply {
    const { stallMs } = transport.patience
    return {
      status,
      message,
      header(name) {
        const value = message.headers[name]
        return Array.isArray(value) ? value.join(', ') : value
      },
      whole: (limitBytes) => readWhole(message, { stallMs, limitBytes }),
      discard: () => {
        discard(message, method)
      },
      fault: (code, reason) =>
        new UpstreamFault(code, { ...describeAsked(method, url), status, reason }),
    }
  }
}
