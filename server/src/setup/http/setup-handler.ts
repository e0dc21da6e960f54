import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setupBase } from '../../contract/setup.ts'
import type { WebPages } from '../../http/web-pages.ts'
import { findingOf, SetupError } from '../setup-codes.ts'
import { sendFault, sendJson, sendText } from './setup-request.ts'

const authorityPaths: ReadonlySet<string> = new Set(['/ca.crt', '/.well-known/mooring/ca.crt'])
const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/health/instance'])

type Api = (req: IncomingMessage, res: ServerResponse, path: string) => void

/** What the setup serves: alone on its own ports, and in front of the registry on the registry's. */
export function createSetupHandler({
  api,
  phase,
  registryAt,
  readAuthority,
  pages,
}: {
  api: Api
  pages: WebPages
  phase: () => string
  /** Where the registry will be, as far as that is known. */
  registryAt: () => Promise<string | undefined>
  /** The certificate of the new authority, once there is one. */
  readAuthority: () => Promise<string | undefined>
}) {
  function serveOwn(req: IncomingMessage, res: ServerResponse, path: string): boolean {
    if (path === setupBase || path.startsWith(`${setupBase}/`)) {
      api(req, res, path)
      return true
    }
    if (path !== '/setup' && !path.startsWith('/setup/')) return false
    // The last page says how to go on; it may be asked for at an address that is new.
    if (phase() === 'finished' && path !== '/setup/done') {
      sendText(res, 302, 'text/plain', '', { Location: '/' })
    } else if (req.method !== 'GET' && req.method !== 'HEAD') {
      sendFault(res, new SetupError('MOOR-SET-009'))
    } else {
      servePage(req, res).catch(() => res.destroy())
    }
    return true
  }

  /** It watches for the registry at its own address, and goes there by itself. */
  async function servePage(req: IncomingMessage, res: ServerResponse) {
    const at = phase() === 'finished' ? undefined : await registryAt()
    if (!pages.serve(req, res, at)) sendFault(res, new SetupError('MOOR-SET-009'))
  }

  async function serveAuthority(res: ServerResponse) {
    const pem = await readAuthority()
    if (pem === undefined) sendFault(res, new SetupError('MOOR-SET-009'))
    else sendText(res, 200, 'application/x-pem-file', pem)
  }

  const alone: RequestListener = (req, res) => {
    const path = pathOf(req)
    if (serveOwn(req, res, path)) return
    if (isOpenPage(path) && pages.serve(req, res)) return
    if (path === '/') {
      sendText(res, 302, 'text/plain', '', { Location: '/setup' })
    } else if (authorityPaths.has(path)) {
      serveAuthority(res).catch(() => res.destroy())
    } else if (healthPaths.has(path)) {
      sendJson(res, 200, { status: 'setup', phase: phase(), status_code: 200 })
    } else if (path === '/v2' || path.startsWith('/v2/')) {
      const { code, text } = findingOf('MOOR-SET-018')
      const detail = { code, setup: phase() }
      const body = { errors: [{ code: 'UNAVAILABLE', message: text, detail }] }
      sendJson(res, 503, body, { 'Retry-After': '10' })
    } else {
      sendFault(res, new SetupError('MOOR-SET-018'))
    }
  }

  return {
    alone,
    inFrontOf:
      (serve: RequestListener): RequestListener =>
      (req, res) => {
        if (!serveOwn(req, res, pathOf(req))) serve(req, res)
      },
  }
}

/** Help is there before there is a registry. */
const isOpenPage = (path: string) =>
  path === '/help' || path.startsWith('/help/') || path.startsWith('/static/')

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}
