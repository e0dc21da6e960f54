import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApplyView } from '../../contract/setup.ts'
import type { SetupApply } from '../setup-apply.ts'
import type { SetupService } from '../setup-service.ts'
import { beginStream } from './setup-request.ts'

const heartbeatMs = 15_000

/**
 * What applying has come to, at each change, as server-sent events. An event is the whole list and
 * its id a digest of it, so whoever comes back with an id misses nothing and gets nothing twice.
 */
export async function sendApplyEvents(
  req: IncomingMessage,
  res: ServerResponse,
  { service, apply, stopping }: { service: SetupService; apply: SetupApply; stopping: AbortSignal },
): Promise<void> {
  const header = req.headers['last-event-id']
  let last = typeof header === 'string' ? header : ''
  const send = (view: ApplyView) => {
    const data = JSON.stringify(view)
    const id = createHash('sha256').update(data).digest('base64url').slice(0, 16)
    if (id === last) return
    last = id
    res.write(`id: ${id}\nevent: apply\ndata: ${data}\n\n`)
    if (view.phase === 'finished') res.end()
  }

  const first = await service.applyView()
  beginStream(res, 'text/event-stream')
  res.write('retry: 2000\n\n')
  send(first)
  const unwatch = apply.watch(send)
  const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs)
  const end = () => {
    res.end()
  }
  stopping.addEventListener('abort', end, { once: true })
  res.once('close', () => {
    unwatch()
    clearInterval(heartbeat)
    stopping.removeEventListener('abort', end)
  })
  if (res.destroyed) res.emit('close')
}
