import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type Headers = Readonly<Record<string, string | number | undefined>>

export interface RequestOptions {
  readonly headers?: Headers
  /** A stream is given as a function, so that the request can be repeated after a challenge. */
  readonly body?: Uint8Array | string | (() => Readable)
}

export interface Response {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** A header that has to be there. */
  header(name: string): string
  text(): string
  json(): unknown
}

export interface HttpClient {
  request(method: string, url: string, options?: RequestOptions): Promise<Response>
  /** Hands the body out while it arrives; the caller reads all of it. */
  open(method: string, url: string, options?: RequestOptions): Promise<IncomingMessage>
  close(): void
}

export interface HttpClientOptions {
  /** PEM of the authority that the server's certificate has to come from. */
  readonly ca?: string | Buffer
  readonly maxSockets?: number
  /** A connection on which nothing happens for this long is an error. */
  readonly idleMs?: number
}

/** Requests over kept connections with nothing done on the side: no redirects, no decoding. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { ca, maxSockets = 64, idleMs = 60_000 } = options
  const kept = { keepAlive: true, maxSockets }
  const agents = {
    'http:': new HttpAgent(kept),
    'https:': new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) }),
  }

  async function open(method: string, url: string, { headers = {}, body }: RequestOptions = {}) {
    const target = new URL(url)
    const isSecure = target.protocol === 'https:'
    const outgoing = (isSecure ? httpsRequest : httpRequest)(target, {
      method,
      agent: isSecure ? agents['https:'] : agents['http:'],
      headers: definedHeaders(headers, body),
      timeout: idleMs,
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${url}: no answer`)))
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
    })
    if (typeof body === 'function') {
      // A server may refuse before it has read everything: then its answer counts, not the pipe.
      pipeline(body(), outgoing).catch(() => undefined)
    } else {
      outgoing.end(body)
    }
    return answer
  }

  return {
    open,
    async request(method, url, options) {
      const message = await open(method, url, options)
      const pieces: Buffer[] = []
      for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece)
      return createResponse(message, Buffer.concat(pieces), `${method} ${url}`)
    },
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

function definedHeaders(headers: Headers, body: RequestOptions['body']) {
  const defined: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) defined[name] = value
  }
  if (body !== undefined && typeof body !== 'function') {
    defined['content-length'] ??= Buffer.byteLength(body)
  }
  return defined
}

function createResponse(message: IncomingMessage, body: Buffer, what: string): Response {
  const { statusCode = 0, headers } = message
  return {
    status: statusCode,
    headers,
    body,
    header(name) {
      const value = headers[name.toLowerCase()]
      if (typeof value !== 'string') throw new Error(`${what}: no header ${name} in the answer`)
      return value
    },
    text: () => body.toString(),
    json: () => JSON.parse(body.toString()) as unknown,
  }
}
