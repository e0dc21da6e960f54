import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../platform/logger.ts'
import { clientAddressOf, isEncrypted, originOf, type ProxyTrust } from './client-connection.ts'
import type { Exchange } from './exchange.ts'

/** An Exchange over a real request. What few handlers need is worked out when it is first asked for. */
export class LiveExchange implements Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly method: string
  readonly path: string
  readonly requestId: string
  readonly clientAddress: string
  readonly #queryText: string
  readonly #trust: ProxyTrust
  readonly #log: Logger
  readonly #isEncrypted: boolean
  #query: URLSearchParams | undefined
  #abort: AbortController | undefined

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    { requestId, trust, log }: { requestId: string; trust: ProxyTrust; log: Logger },
  ) {
    const url = req.url ?? '/'
    const mark = url.indexOf('?')
    this.req = req
    this.res = res
    this.method = req.method ?? 'GET'
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.requestId = requestId
    // At once: a request loses its socket when the connection breaks.
    this.clientAddress = clientAddressOf(req, trust)
    this.#isEncrypted = isEncrypted(req)
    this.#queryText = mark < 0 ? '' : url.slice(mark + 1)
    this.#trust = trust
    this.#log = log
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#queryText))
  }

  get origin(): string {
    return originOf(this.req.headers.host, this.#isEncrypted, this.#trust)
  }

  get log(): Logger {
    return this.#log.child({ requestId: this.requestId })
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController()
      this.#abort = abort
      if (this.res.destroyed) abort.abort()
      else
        this.res.once('close', () => {
          if (!this.res.writableFinished) abort.abort()
        })
    }
    return this.#abort.signal
  }
}
