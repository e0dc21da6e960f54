import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline as flow } from 'node:stream/promises'

import { isConflict } from '../../db/conflicts.ts'
import { plainNotFound, renderApiProblem } from '../../http/api-envelope.ts'
import { send, type Exchange, type ResponseHeaders } from '../../http/exchange.ts'
import { discardRest } from '../../http/request-body.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { ApiCaller, ApiRoute, Reply } from './api-call.ts'
import type { ApiPipeline } from './api-pipeline.ts'
import { createRouteTable, type Match } from './route-table.ts'

export interface ApiRequestLog {
  (
    exchange: Exchange,
    outcome: {
      /** Without secrets, unlike that of the exchange. */
      readonly path: string
      readonly operationId: string
      readonly status: number
      readonly milliseconds: number
      readonly username: string | undefined
    },
  ): void
}

/** Serves every route of the management API that is switched on. */
export function apiRouter({
  routes,
  pipeline,
  corsOrigins,
  open,
  clock,
  observe,
}: {
  routes: readonly ApiRoute[]
  pipeline: ApiPipeline
  corsOrigins: readonly string[]
  open: (req: IncomingMessage, res: ServerResponse) => Exchange
  clock: Clock
  observe: ApiRequestLog
}): { readonly serves: (path: string) => boolean; readonly serve: RequestListener } {
  const table = createRouteTable(routes)

  return {
    serves: (path) => path.startsWith('/api/') || table.knows(path),
    serve: (req, res) => {
      const exchange = open(req, res)
      const startedAt = clock.now()
      const path = table.loggable(exchange.path)
      const told = { operationId: 'unknown', username: undefined as string | undefined }
      void answer(exchange, told)
        .catch((error: unknown) => {
          exchange.log.error({ err: error, path }, 'request failed')
          if (res.headersSent) res.destroy()
          else
            sendBody(exchange, 500, {
              message: `Internal Server Error (request ${exchange.requestId})`,
            })
        })
        .finally(() => {
          discardRest(req)
          const milliseconds = clock.now() - startedAt
          observe(exchange, { ...told, path, status: res.statusCode, milliseconds })
        })
    },
  }

  async function answer(
    exchange: Exchange,
    told: { operationId: string; username: string | undefined },
  ): Promise<void> {
    const { method, path } = exchange
    const cors = corsHeaders(exchange, corsOrigins)
    if (method === 'OPTIONS') {
      send(exchange, 200, cors)
      return
    }
    const match = table.match(method === 'HEAD' ? 'GET' : method, path)
    let caller: ApiCaller | undefined
    let route: ApiRoute | undefined
    try {
      if (match.kind === 'redirect') {
        const query = exchange.req.url?.slice(path.length) ?? ''
        send(exchange, 308, { ...cors, Location: `${match.path}${query}` })
        return
      }
      route = match.kind === 'route' ? match.route : undefined
      told.operationId = route?.endpoint.operationId ?? 'unknown'
      const { caller: found, session } = await pipeline.identify(exchange, route?.endpoint)
      caller = found
      if (caller.kind !== 'anonymous') told.username = caller.principal.username
      const form = await pipeline.readForm(exchange, route?.endpoint)
      pipeline.guard(exchange, guarded(match), caller, session, form)
      if (match.kind !== 'route') throw refused(match)
      const reply = await pipeline.run(exchange, match.route, match.params, caller, session, form)
      await respond(exchange, reply, { ...cors, ...(await session.headers()) })
    } catch (thrown) {
      const error = asProblem(thrown, exchange.log, table.loggable(path))
      const rendered = renderApiProblem(error, {
        origin: exchange.origin,
        username: caller && caller.kind !== 'anonymous' ? caller.principal.username : undefined,
        plain: route?.plain,
      })
      const headers = { ...cors, ...rendered.headers, 'Content-Type': rendered.contentType }
      send(exchange, rendered.status, headers, rendered.body)
    }
  }
}

/** What the database refused because of somebody else is no fault of ours, but worth a line. */
function asProblem(thrown: unknown, log: Logger, path: string): Problem {
  if (isProblem(thrown)) return thrown
  if (!isConflict(thrown)) throw thrown
  log.warn({ err: thrown, path }, 'request lost to another one')
  return new Problem('conflict', {}, { cause: thrown })
}

/** A path that is no route is guarded like any other, so that nothing is learned about it. */
function guarded(match: Match) {
  return match.kind === 'route' ? match.route.endpoint : { rule: { kind: 'anyone' as const } }
}

function refused(match: Match): Problem {
  return match.kind === 'wrong-method'
    ? new Problem('method-not-allowed')
    : new Problem('route-unknown', { message: plainNotFound })
}

async function respond(exchange: Exchange, reply: Reply, headers: ResponseHeaders): Promise<void> {
  const { status, body } = reply
  const all = { 'Cache-Control': 'no-store', ...headers, ...reply.headers }
  const isText = reply.headers['Content-Type'] !== undefined && typeof body === 'string'
  if (body === undefined || status === 204) send(exchange, status, all)
  else if (body instanceof Readable) await sendStream(exchange, status, all, body)
  else if (isText) send(exchange, status, all, body)
  else sendBody(exchange, status, body, all)
}

/** For what is too large to hold; its length stands in the headers. */
async function sendStream(
  exchange: Exchange,
  status: number,
  headers: ResponseHeaders,
  body: Readable,
): Promise<void> {
  if (exchange.method === 'HEAD') {
    body.destroy()
    send(exchange, status, headers)
    return
  }
  const { res, requestId } = exchange
  res.setHeader('X-Request-Id', requestId).setHeader('X-Content-Type-Options', 'nosniff')
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) res.setHeader(name, value)
  }
  res.statusCode = status
  try {
    await flow(body, res, { signal: exchange.signal })
  } catch (error) {
    if (!exchange.signal.aborted) throw error
  }
}

function sendBody(
  exchange: Exchange,
  status: number,
  body: unknown,
  headers: ResponseHeaders = {},
): void {
  send(exchange, status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(body))
}

const methods = 'GET, HEAD, OPTIONS, POST, DELETE, PUT'
const allowedHeaders = 'Authorization, Content-Type, X-Requested-With'

/** Any page may read what is public; only one named origin may bring its cookies (api-shapes, 1.1). */
function corsHeaders({ req }: Exchange, origins: readonly string[]): ResponseHeaders {
  const origin = req.headers.origin
  if (origins.includes('*')) {
    return {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': allowedHeaders,
    }
  }
  if (origin === undefined || !origins.includes(origin)) return { Vary: 'Origin' }
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': `${allowedHeaders}, Cookie, X-CSRF-Token`,
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  }
}
