import type { RequestListener } from 'node:http'
import type { Metrics } from './metrics.ts'

/** The Prometheus endpoint on its own port: `GET /metrics`. */
export function metricsEndpoint({ registry }: Metrics): RequestListener {
  return (req, res) => {
    if (req.method !== 'GET' || req.url?.split('?', 1)[0] !== '/metrics') {
      res.writeHead(404, { 'Content-Length': 0 })
      res.end()
      return
    }
    registry.metrics().then(
      (text) => {
        res.writeHead(200, { 'Content-Type': registry.contentType })
        res.end(text)
      },
      () => {
        res.writeHead(500, { 'Content-Length': 0 })
        res.end()
      },
    )
  }
}
