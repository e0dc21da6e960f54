import type { RequestListener } from 'node:http'

/** Answers 503 until it is opened: the ports are bound, but the start may still be taken back. */
export function startingDoor(serve: RequestListener): {
  readonly handler: RequestListener
  readonly open: () => void
} {
  let isOpen = false
  return {
    handler: (req, res) => {
      if (isOpen) {
        serve(req, res)
        return
      }
      res.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain' })
      res.end('starting\n')
    },
    open: () => {
      isOpen = true
    },
  }
}
