import type { RequestListener } from 'node:http'
import { isLoopback } from './client-connection.ts'

/**
 * The plain port of a server that speaks TLS: this machine itself is served (nothing leaves it);
 * everybody else gets the CA certificate there and is sent to HTTPS for the rest.
 */
export function plainHttpDoor({
  serve,
  openPaths,
  redirectHost,
}: {
  serve: RequestListener
  openPaths: ReadonlySet<string>
  /** SERVER_HOSTNAME: where HTTPS is. */
  redirectHost: string
}): RequestListener {
  return (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/'
    if (isLoopback(req.socket.remoteAddress) || openPaths.has(path)) {
      serve(req, res)
      return
    }
    const target = req.url?.startsWith('/') === true ? req.url : '/'
    res.writeHead(308, {
      Location: `https://${redirectHost}${target}`,
      Connection: 'close',
      'Content-Length': 0,
    })
    res.end()
  }
}
