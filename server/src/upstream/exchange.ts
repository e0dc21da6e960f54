import {
  request as requestPlain,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { request as requestTls } from 'node:https'
import type { Socket } from 'node:net'
import { finished } from 'node:stream'
import { releaseMemory } from '../platform/release-memory.ts'

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
    releaseWhatWasRead(socket, request)
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
 * Node's parser copies what it hands on, and what came from the socket becomes garbage where the
 * connection has no buffer of its own. It listens before this does; on a connection that another
 * request has taken over, nothing is released.
 */
function releaseWhatWasRead(socket: Socket, request: ClientRequest): void {
  const release = (chunk: Buffer) => {
    if (socket.listeners('data').at(-1) === release) releaseMemory(chunk)
  }
  socket.on('data', release)
  request.once('close', () => {
    socket.off('data', release)
  })
}

/** What is kept of a body that comes faster than it is taken. */
const heldBytes = 256 * 1024

/** A body that is read piece by piece; whoever stops early closes it. */
export interface Pieces {
  /** One at a time; undefined: that was all. */
  readonly next: () => Promise<Buffer | undefined>
  /** Ends the connection, unless the body was read to its end. */
  readonly close: () => void
}

/**
 * The pieces of a body, as they come. Only waiting for the upstream counts as its silence, not the time
 * that the reader takes. What had arrived when the connection broke is handed on before the error.
 *
 * The message's own iterator would join pieces that wait: a copy of most bytes, and garbage outside
 * of the heap, which makes V8 collect all the time.
 */
export function piecesOf(message: IncomingMessage, stallMs: number): Pieces {
  const held: Buffer[] = []
  let bytesHeld = 0
  let ended: { readonly error: Error | null | undefined } | undefined
  let isWaiting = true
  let silence: Silence | undefined
  let changed: (() => void) | undefined
  const timer = setTimeout(() => {
    if (!isWaiting) return
    silence = new Silence(`no byte within ${stallMs / 1000} s`)
    message.destroy()
  }, stallMs)
  const forget = finished(message, { writable: false }, (error) => {
    ended = { error }
    changed?.()
  })
  const hold = (piece: Buffer) => {
    held.push(piece)
    bytesHeld += piece.length
    if (bytesHeld >= heldBytes) message.pause()
    changed?.()
  }
  message.on('data', hold)

  async function change(): Promise<void> {
    message.resume()
    isWaiting = true
    timer.refresh()
    await new Promise<void>((resolve) => (changed = resolve))
    changed = undefined
    isWaiting = false
  }

  function close(): void {
    clearTimeout(timer)
    forget()
    message.off('data', hold)
    message.destroy()
  }

  return {
    async next() {
      while (held.length === 0 && ended === undefined) await change()
      const piece = held.shift()
      bytesHeld -= piece?.length ?? 0
      if (piece !== undefined) return piece
      const { error } = ended ?? {}
      if (!error) {
        close()
        return undefined
      }
      const rest = message.read() as Buffer | null
      if (rest !== null) return rest
      close()
      throw silence ?? error
    },

    close,
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
  const { next, close } = piecesOf(message, stallMs)
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for (let piece = await next(); piece !== undefined; piece = await next()) {
    sizeBytes += piece.length
    if (sizeBytes > limitBytes) {
      close()
      throw tooLong()
    }
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
