import type { Clock } from '../platform/clock.ts'
import { isProblem, Problem } from '../problem.ts'
import { bearerChallenge, isChallenged } from './challenge.ts'
import { send, type Exchange, type Handler } from './exchange.ts'
import { renderOciFailure, renderOciProblem } from './oci-envelope.ts'
import { awaitsContinue, discardRest } from './request-body.ts'
import { matchRegistryPath, type RegistryPath } from './registry-path.ts'

type Methods = Readonly<Record<string, Handler>>

/** Which methods a matched path offers and who answers them. */
export type RegistryRoutes = (path: RegistryPath) => Methods

/** What ends every request: one log line and the metrics of it. */
export type Observe = (exchange: Exchange, route: string, milliseconds: number) => void

/** Everything below `/v2`: finds the handler and turns what goes wrong into the OCI envelope. */
export function registryHandler({
  routes,
  service,
  clock,
  observe,
}: {
  routes: RegistryRoutes
  /** SERVER_HOSTNAME, the audience of tokens. */
  service: string
  clock: Clock
  observe: Observe
}): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    const startedAt = clock.now()
    let route = 'unknown'
    try {
      const path = matchRegistryPath(exchange.path)
      if (path === undefined) throw new Problem('route-unknown')
      route = path.kind
      const methods = routes(path)
      const handler = methods[exchange.method]
      if (handler === undefined) {
        exchange.res.setHeader('Allow', Object.keys(methods).join(', '))
        throw new Problem('method-not-allowed')
      }
      await handler(exchange)
    } catch (error) {
      answerFailure(exchange, error)
    } finally {
      observe(exchange, route, clock.now() - startedAt)
    }
  }

  function answerFailure(exchange: Exchange, error: unknown): void {
    const { req, res } = exchange
    if (res.headersSent || res.destroyed || isDisconnect(error, exchange)) {
      // Nothing can be said any more: cutting the connection is how the client learns of it.
      if (!isDisconnect(error, exchange)) exchange.log.error({ err: error }, 'response broken off')
      res.destroy()
      return
    }
    const problem = asProblem(error)
    if (problem === undefined)
      exchange.log.error({ err: error, path: exchange.path }, 'request failed')
    if (problem?.code === 'storage-full')
      exchange.log.error({ path: exchange.path }, 'storage full')
    if (problem?.code === 'storage-unavailable')
      exchange.log.error({ path: exchange.path, reason: reasonOf(problem) }, 'storage unavailable')
    const { status, body, retryAfterSeconds } =
      problem === undefined ? renderOciFailure(exchange.requestId) : renderOciProblem(problem)
    const challenge =
      problem !== undefined && isChallenged(problem.code)
        ? bearerChallenge(exchange.origin, service, problem.detail['scope'])
        : undefined
    send(
      exchange,
      status,
      {
        'Content-Type': 'application/json',
        'WWW-Authenticate': challenge,
        'Retry-After': retryAfterSeconds,
        // Without the body that it announced, the connection cannot be used again.
        Connection: awaitsContinue(req) ? 'close' : undefined,
      },
      body,
    )
    discardRest(req)
  }
}

function reasonOf({ cause }: Problem): string {
  return cause instanceof Error ? cause.message : 'unknown'
}

/**
 * The client is gone: whatever failed with it is no news. A request that was read to its end is
 * destroyed too, and still has to be answered.
 */
function isDisconnect(error: unknown, { req, res }: Exchange): boolean {
  return !isProblem(error) && (res.destroyed || (req.destroyed && !req.complete))
}

/** What SQLite and PostgreSQL say when their medium has no room left. */
const fullCodes: ReadonlySet<unknown> = new Set(['SQLITE_FULL', '53100', 'ENOSPC', 'EDQUOT'])

function asProblem(error: unknown): Problem | undefined {
  if (isProblem(error)) return error
  const code = (error as { code?: unknown } | null)?.code
  return fullCodes.has(code) ? new Problem('storage-full', {}, { cause: error }) : undefined
}
