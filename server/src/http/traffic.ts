import type { RequestListener } from 'node:http'

/** Requests of clients under way: those that bring content, and those that take it. */
export interface Traffic {
  readonly uploads: number
  readonly downloads: number
}

export interface CountedTraffic {
  readonly handler: RequestListener
  readonly traffic: () => Traffic
}

/** Counts what is under way on the registry's own paths; pages and health checks are not work. */
export function countTraffic(handler: RequestListener): CountedTraffic {
  let uploads = 0
  let downloads = 0
  return {
    handler(req, res) {
      if (req.url?.startsWith('/v2/') === true) {
        const change = isRead(req.method)
          ? (by: number) => (downloads += by)
          : (by: number) => (uploads += by)
        change(1)
        res.once('close', () => change(-1))
      }
      handler(req, res)
    },
    traffic: () => ({ uploads, downloads }),
  }
}

function isRead(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD'
}
