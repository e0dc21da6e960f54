import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../platform/logger.ts'

/** One request with what every handler needs to know about it. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly method: string
  /** Path without the query, as it was sent. */
  readonly path: string
  readonly query: URLSearchParams
  readonly requestId: string
  /** `scheme://host[:port]` under which the client reached us: the base of absolute links. */
  readonly origin: string
  readonly clientAddress: string
  /** Aborts when the client goes away or the server stops waiting for it. */
  readonly signal: AbortSignal
  readonly log: Logger
}

export type Handler = (exchange: Exchange) => Promise<void> | void

/** Values of the query parameter that was given last; undefined when it is absent. */
export function parameter(exchange: Exchange, name: string): string | undefined {
  return exchange.query.get(name) ?? undefined
}

type HeaderValue = string | number | readonly string[]
export type ResponseHeaders = Readonly<Record<string, HeaderValue | undefined>>

/** Bodies up to this size are worth copying to save a system call. */
const joinedBytes = 32 * 1024

/** Sends a whole answer at once. HEAD keeps the headers, `Content-Length` included, and drops the body. */
export function send(
  { req, res, requestId }: Exchange,
  status: number,
  headers: ResponseHeaders,
  body: Buffer | string = '',
): void {
  const fields: (string | string[])[] = [
    'X-Request-Id',
    requestId,
    'X-Content-Type-Options',
    'nosniff',
  ]
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    fields.push(name, typeof value === 'object' ? [...value] : String(value))
  }
  if (status !== 204 && !('Content-Length' in headers)) {
    fields.push('Content-Length', String(Buffer.byteLength(body)))
  }
  res.writeHead(status, fields)
  if (req.method === 'HEAD' || body.length === 0) {
    res.end()
  } else if (typeof body !== 'string' && body.length <= joinedBytes) {
    // As text of single bytes Node joins it with the header into one write; a buffer goes apart.
    res.end(body.toString('latin1'), 'latin1')
  } else {
    res.end(body)
  }
}

export function sendJson(
  exchange: Exchange,
  status: number,
  value: unknown,
  headers: ResponseHeaders = {},
): void {
  send(exchange, status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value))
}
