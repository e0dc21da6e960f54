import type { Attempts } from './attempts.ts'
import type { Route } from './connections.ts'
import { discard, readWhole, TooLong } from './exchange.ts'
import { describeAsked, transportFault } from './transport-fault.ts'
import type { Answer, Transport } from './transport.ts'
import { UpstreamFault } from './upstream-fault.ts'

export interface JsonQuestion {
  readonly url: URL
  /** The whole header. */
  readonly authorization?: string | undefined
  readonly route: Route
  readonly signal: AbortSignal
}

export interface JsonAnswer {
  readonly status: number
  /** Undefined unless the status is 200. */
  readonly body: unknown
  /** The header of that name: where the next page is. */
  readonly link: string | undefined
}

/** Asks what a registry tells beside its content. Redirects are answers like others. */
export type ReadJson = (question: JsonQuestion) => Promise<JsonAnswer>

const attempts = 3
const mostBytes = 16 * 1024 * 1024

/** For the management APIs of other registries. @throws UpstreamFault, or the signal's reason */
export function createJsonApi({
  transport,
  attempt,
}: {
  transport: Transport
  attempt: Attempts
}): ReadJson {
  return ({ url, authorization, route, signal }) =>
    attempt(
      { method: 'GET', url, attempts, signal, observe: undefined },
      () =>
        transport.send({
          ...{ method: 'GET', url, authorization, follows: false, route, signal },
          headers: { accept: 'application/json' },
        }),
      (answer) => read(answer, signal),
    )

  async function read({ status, message, url }: Answer, signal: AbortSignal): Promise<JsonAnswer> {
    const { link } = message.headers
    const found = typeof link === 'string' ? link : undefined
    if (status !== 200) {
      discard(message, 'GET')
      return { status, body: undefined, link: found }
    }
    const asked = describeAsked('GET', url)
    try {
      const { stallMs } = transport.patience
      const text = (await readWhole(message, { stallMs, limitBytes: mostBytes })).toString('utf8')
      return { status, body: JSON.parse(text) as unknown, link: found }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SyntaxError || error instanceof TooLong) {
        const reason = 'its answer is no JSON of a reasonable size'
        throw new UpstreamFault('invalid_source_registry', { ...asked, status, reason })
      }
      throw transportFault(error, asked)
    }
  }
}
