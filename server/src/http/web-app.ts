import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express'
import type { Logger } from '../platform/logger.ts'

/** Everything outside `/v2`, in the order in which it is asked. */
export function webApp({ routers, log }: { routers: readonly Router[]; log: Logger }) {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(securityHeaders)
  for (const router of routers) app.use(router)
  app.use(notFound)
  app.use(failed(log))
  return app
}

const securityHeaders: RequestHandler = (req, res, next) => {
  res.set({ 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY' })
  if (req.secure) res.set('Strict-Transport-Security', 'max-age=63072000')
  next()
}

const notFound: RequestHandler = (_req, res) => {
  res.status(404).json({
    message:
      'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  })
}

const failed =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error)
      return
    }
    const status = clientStatus(error)
    if (status === 500) log.error({ err: error, path: req.path }, 'request failed')
    res.status(status).json({ message: status === 500 ? 'Internal Server Error' : 'Bad Request' })
  }

/** Express marks what the client did wrong (an undecodable path) with a status of its own. */
function clientStatus(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}
