import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Bytes as they go onto the wire, with nothing checked or completed on the way. */
export interface RawRequest {
  readonly label: string
  readonly bytes: Buffer
  /**
   * What the sender does after the last byte: wait for the answer, close its half of the
   * connection, cut the connection at once, or send byte groups with pauses between them.
   */
  readonly manner: 'wait' | 'half-close' | 'cut' | 'slow'
}

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface RawOutcome {
  /** Complete or cut off; none at all when the server just closed the connection. */
  readonly answers: readonly RawAnswer[]
  /** The server neither answered nor closed in time. */
  readonly hung: boolean
}

const slowPieces = 5
const slowPauseMs = 20

/** Sends a request on a connection of its own and reads until the server closes it. */
export async function sendRaw(
  port: number,
  { bytes, manner }: RawRequest,
  deadlineMs: number,
): Promise<RawOutcome> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const received: Buffer[] = []
  let hung = false
  const closed = new Promise<void>((resolve) => {
    const deadline = setTimeout(() => {
      hung = true
      socket.destroy()
    }, deadlineMs)
    socket.on('data', (piece: Buffer) => received.push(piece))
    socket.on('error', () => undefined)
    socket.once('end', () => socket.end())
    socket.once('close', () => {
      clearTimeout(deadline)
      resolve()
    })
  })
  if (manner === 'slow') {
    const step = Math.ceil(bytes.length / slowPieces)
    for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
      socket.write(bytes.subarray(at, at + step))
      await wait(slowPauseMs)
    }
  } else if (manner === 'half-close') {
    socket.end(bytes)
  } else if (manner === 'cut') {
    socket.write(bytes, () => socket.resetAndDestroy())
  } else {
    socket.write(bytes)
  }
  await closed
  return { answers: parseAnswers(Buffer.concat(received).toString('latin1')), hung }
}

function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    const status = /^HTTP\/1\.[01] (\d{3}) /.exec(rest)?.[1]
    if (status === undefined || headEnd < 0) return answers
    const lines = rest.slice(0, headEnd).split('\r\n').slice(1)
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    rest = rest.slice(headEnd + 4)
    if (status === '100') continue
    // The answer to HEAD announces a body that does not come: then another head follows, or nothing.
    const length = rest.startsWith('HTTP/1.1 ') ? 0 : Number(headers.get('content-length') ?? 0)
    answers.push({ status: Number(status), headers, body: rest.slice(0, length) })
    rest = rest.slice(length)
  }
}
