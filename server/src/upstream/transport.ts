import type { IncomingMessage } from 'node:http'
import { closeIdle, type Connections, type Route } from './connections.ts'
import type { Destinations } from './destinations.ts'
import { discard, exchange, StaleConnection, type Patience } from './exchange.ts'
import { describeAsked, transportFault } from './transport-fault.ts'
import { UpstreamFault } from './upstream-fault.ts'

export interface Sending {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Goes to the origin of `url` and nowhere else. */
  readonly authorization?: string | undefined
  readonly follows: boolean
  readonly route: Route
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly message: IncomingMessage
  /** Whose answer it is, after redirects. */
  readonly url: URL
}

export type Transport = ReturnType<typeof createTransport>

const mostRedirects = 5
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Asks once, and follows redirects: every hop is judged anew, and none but the first sees who we are. */
export function createTransport({
  destinations,
  connections,
  patience,
}: {
  destinations: Destinations
  connections: Connections
  patience: Patience
}) {
  /** @throws UpstreamFault, or the signal's reason */
  async function send(sending: Sending): Promise<Answer> {
    let { url } = sending
    for (let hop = 0; ; hop++) {
      const message = await sendTo(url, sending)
      const status = message.statusCode ?? 0
      const location = redirects.has(status) ? message.headers.location : undefined
      if (location === undefined || !sending.follows) return { status, message, url }
      discard(message, sending.method)
      url = nextHop(location, url, { ...describeAsked(sending.method, url), status, hop })
    }
  }

  async function sendTo(url: URL, sending: Sending): Promise<IncomingMessage> {
    const { method, authorization, route, signal } = sending
    signal.throwIfAborted()
    try {
      await destinations.judge(url.hostname)
      const agent = await connections.agentFor(url, route)
      const headers = {
        'user-agent': 'mooring',
        'accept-encoding': 'identity',
        ...sending.headers,
        ...(authorization !== undefined && url.origin === sending.url.origin && { authorization }),
      }
      const question = { method, url, headers, agent, patience, signal }
      return await exchange(question).catch((error: unknown) => {
        closeIdle(agent)
        if (error instanceof StaleConnection && !signal.aborted) return exchange(question)
        throw error
      })
    } catch (error) {
      signal.throwIfAborted()
      throw transportFault(error, describeAsked(method, url))
    }
  }

  return { send, patience }
}

function nextHop(
  location: string,
  from: URL,
  { hop, ...asked }: { host: string; asked: string; status: number; hop: number },
): URL {
  const refuse = (reason: string, code: 'tls_error' | 'invalid_source_registry') =>
    new UpstreamFault(code, { ...asked, reason })
  if (hop >= mostRedirects) {
    throw refuse('it redirects again and again', 'invalid_source_registry')
  }
  const next = URL.parse(location, from.href)
  if (next === null || (next.protocol !== 'https:' && next.protocol !== 'http:')) {
    throw refuse('it redirects to no address', 'invalid_source_registry')
  }
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw refuse(`it redirects to ${next.host} without TLS`, 'tls_error')
  }
  // Names and passwords in an address would be sent as Basic credentials.
  next.username = ''
  next.password = ''
  return next
}
