import { UnreachableError } from './api-error.ts'

export interface StreamEvent {
  readonly name: string
  readonly data: unknown
}

/**
 * Reads server-sent events until the signal or the server ends them. With fetch, because EventSource
 * cannot send the headers that calls of pages need.
 * @returns the id of the last event, to continue behind it
 */
export async function readEvents(
  url: string,
  {
    signal,
    lastId,
    opened,
    onEvent,
  }: {
    signal: AbortSignal
    lastId: string
    opened: () => void
    onEvent: (event: StreamEvent) => void
  },
): Promise<string> {
  let id = lastId
  const response = await fetch(url, {
    headers: {
      Accept: 'text/event-stream',
      'X-Requested-With': 'XMLHttpRequest',
      ...(id !== '' && { 'Last-Event-ID': id }),
    },
    credentials: 'same-origin',
    signal,
  })
  if (!response.ok || response.body === null) throw new UnreachableError(response.status)
  opened()
  const lines = parseEvents((event, eventId) => {
    if (eventId !== undefined) id = eventId
    onEvent(event)
  })
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return id
    lines(value)
  }
}

/** Takes the stream piece by piece, however it was cut. */
export function parseEvents(
  onEvent: (event: StreamEvent, id: string | undefined) => void,
): (piece: string) => void {
  let rest = ''
  let name = ''
  let id: string | undefined
  let data: string[] = []

  function take(line: string) {
    if (line === '') {
      if (data.length > 0) onEvent({ name: name || 'message', data: read(data.join('\n')) }, id)
      name = ''
      data = []
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') name = value
    else if (field === 'id') id = value
    else if (field === 'data') data.push(value)
  }

  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
