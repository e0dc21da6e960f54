import { Readable } from 'node:stream'

export interface StreamEvent {
  readonly id: string
  readonly name: string
  readonly data: unknown
}

export const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Proxies pass events on as they come.
  'X-Accel-Buffering': 'no',
} as const

const heartbeatMs = 15_000
const retryMs = 2_000
/** Who reads so slowly is better served by continuing later. */
const waitingAtMost = 1_048_576

export function formatEvent({ id, name, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * Server-sent events for one client, with a heartbeat. It ends when the client or the server does, and
 * when the client may no longer listen, which is asked with each heartbeat.
 */
export function openEventStream({
  start,
  mayGoOn,
  signals,
}: {
  /** Begins to send. @returns what ends that. */
  readonly start: (send: (event: StreamEvent) => void) => () => void
  readonly mayGoOn: () => Promise<boolean>
  readonly signals: readonly AbortSignal[]
}): Readable {
  let release: () => void = () => undefined
  let isOver = false
  const end = () => {
    if (!isOver && !stream.destroyed) stream.push(null)
    isOver = true
  }
  const stream = new Readable({
    read: () => undefined,
    destroy(error, done) {
      clearInterval(heartbeat)
      for (const signal of signals) signal.removeEventListener('abort', end)
      release()
      done(error)
    },
  })
  const push = (text: string) => {
    if (isOver || stream.destroyed) return
    if (stream.readableLength > waitingAtMost) stream.destroy()
    else stream.push(text)
  }
  const heartbeat = setInterval(() => {
    push(': alive\n\n')
    mayGoOn().then(
      (goesOn) => {
        if (!goesOn) end()
      },
      // Who cannot be looked at may not listen.
      end,
    )
  }, heartbeatMs)
  heartbeat.unref()
  push(`retry: ${String(retryMs)}\n\n`)
  release = start((event) => {
    push(formatEvent(event))
  })
  if (signals.some(({ aborted }) => aborted)) end()
  for (const signal of signals) signal.addEventListener('abort', end, { once: true })
  return stream
}

/** Whether the client wants events as they come. Others get what there is, and the end. */
export function wantsStream(accept: string | undefined): boolean {
  return accept?.includes('text/event-stream') ?? false
}
