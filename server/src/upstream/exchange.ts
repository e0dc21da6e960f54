import { request as requestPlain, type Agent, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Socket } from 'node:net'

/** How long an upstream may be silent. */
export interface Patience {
  /** Until a connection stands. */
  readonly connectMs: number
  /** From then on until the head of the answer. */
  readonly answerMs: number
  /** Between two pieces of a body. */
  readonly stallMs: number
}

export const usualPatience: Patience = { connectMs: 5_000, answerMs: 30_000, stallMs: 30_000 }

export class Silence extends Error {
  override readonly name = 'Silence'
}

/** A kept connection that the other side had given up just before. */
export class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
  readonly code = 'ECONNRESET'
}

export interface Question {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly agent: Agent
  readonly patience: Patience
  readonly signal: AbortSignal
}

const ignore = () => undefined

/** One request, up to the head of its answer. The signal also ends the reading of the body. */
export async function exchange({
  url,
  patience,
  signal,
  ...question
}: Question): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const isTls = url.protocol === 'https:'
  const request = (isTls ? requestTls : requestPlain)(url, {
    ...question,
    // Bounds the way through a proxy, before there is a connection to watch.
    timeout: patience.connectMs,
  })
  let timer = setTimeout(giveUp, patience.connectMs + patience.answerMs, 'no connection is free')
  function giveUp(what: string): void {
    request.destroy(new Silence(what))
  }
  function expect(what: string, withinMs: number): void {
    clearTimeout(timer)
    timer = setTimeout(giveUp, withinMs, `${what} within ${withinMs / 1000} s`)
  }
  request.once('socket', (socket: Socket) => {
    // Between an answer and the next request nobody else listens: an error would end the process.
    if (socket.listenerCount('error', ignore) === 0) socket.on('error', ignore)
    if (!socket.connecting) {
      expect('no answer', patience.answerMs)
      return
    }
    expect('no connection', patience.connectMs)
    socket.once('connect', () => {
      expect('no answer', patience.answerMs)
    })
  })
  let answer: IncomingMessage | undefined
  request.once('response', (message) => {
    answer = message
    // Whoever reads the body hears of it; where nobody does, it concerns nobody.
    message.on('error', ignore)
    resolve(message)
  })
  // Node's own way may destroy a connection with an error that nobody can catch any more.
  const end = () => {
    if (answer === undefined) request.destroy()
    else answer.destroy()
  }
  signal.addEventListener('abort', end, { once: true })
  request.once('close', () => {
    signal.removeEventListener('abort', end)
  })
  // Stays for errors that come after the answer, which the reader of its body sees too.
  request.on('error', (error: NodeJS.ErrnoException) => {
    const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '')
    reject(isStale ? new StaleConnection('it was closed', { cause: error }) : error)
  })
  request.end()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The pieces of a body, as they come. Only waiting for the upstream counts as its silence, not the time
 * that the reader takes. What had arrived when the connection broke is handed on before the error.
 */
export async function* piecesOf(
  message: IncomingMessage,
  stallMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const pieces = message.iterator({ destroyOnReturn: true }) as AsyncIterator<Buffer, undefined>
  let isWaiting = true
  let silence: Silence | undefined
  const timer = setTimeout(() => {
    if (!isWaiting) return
    silence = new Silence(`no byte within ${stallMs / 1000} s`)
    message.destroy()
  }, stallMs)
  try {
    for (;;) {
      isWaiting = true
      timer.refresh()
      const next = await pieces.next()
      isWaiting = false
      if (next.done === true) return
      yield next.value
    }
  } catch (error) {
    const rest = message.read() as Buffer | null
    if (rest !== null) yield rest
    throw silence ?? error
  } finally {
    clearTimeout(timer)
    message.destroy()
  }
}

export class TooLong extends Error {
  override readonly name = 'TooLong'
}

/** @throws TooLong */
export async function readWhole(
  message: IncomingMessage,
  { stallMs, limitBytes }: { readonly stallMs: number; readonly limitBytes: number },
): Promise<Buffer> {
  const tooLong = () => new TooLong(`more than ${limitBytes} bytes`)
  if (Number(message.headers['content-length'] ?? 0) > limitBytes) {
    message.destroy()
    throw tooLong()
  }
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of piecesOf(message, stallMs)) {
    sizeBytes += piece.length
    if (sizeBytes > limitBytes) throw tooLong()
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const smallBytes = 16 * 1024
const shortMs = 5_000

/** Nobody wants the body; a small one is read, so that its connection stays. */
export function discard(message: IncomingMessage, method: 'GET' | 'HEAD'): void {
  if (method === 'HEAD') message.resume()
  else readWhole(message, { stallMs: shortMs, limitBytes: smallBytes }).catch(() => undefined)
}
