import { createInterface } from 'node:readline'
import type { ApiClient } from './api-client.ts'
import { until } from './until.ts'

export interface ReceivedEvent {
  readonly id: string
  readonly name: string
  readonly data: unknown
}

/** Server-sent events as a page reads them; resolves once the server has begun to send. */
export async function openEvents(client: ApiClient, path: string) {
  const answer = await client.open(path, { accept: 'text/event-stream' })
  const events: ReceivedEvent[] = []
  let isOpen = false
  let isOver = false
  let fields: Record<string, string> = {}
  const lines = createInterface({ input: answer })
  lines.on('line', (line) => {
    isOpen = true
    const [, field = '', value = ''] = /^([a-z]+): (.*)$/.exec(line) ?? []
    if (field !== '') fields[field] = value
    if (line !== '') return
    const { id = '', event: name, data } = fields
    if (name !== undefined) events.push({ id, name, data: JSON.parse(data ?? 'null') })
    fields = {}
  })
  lines.once('close', () => (isOver = true))
  answer.once('error', () => (isOver = true))
  await until('the stream to begin', () => isOpen || isOver || undefined)
  return {
    /** The next that nobody has taken yet. */
    next: () => until('an event', () => events.shift()),
    waiting: (): readonly ReceivedEvent[] => events,
    ended: () => until('the end of the stream', () => isOver || undefined),
    [Symbol.asyncDispose]: () => {
      answer.destroy()
      lines.close()
      return Promise.resolve()
    },
  }
}
