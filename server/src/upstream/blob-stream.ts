import { Readable } from 'node:stream'
import { isPassing } from './attempts.ts'
import type { Bandwidth } from './bandwidth.ts'
import { piecesOf, type Pieces } from './exchange.ts'
import type { Reply, Session } from './session.ts'
import { describeAsked, transportFault } from './transport-fault.ts'
import type { UpstreamFault } from './upstream-fault.ts'
import { repositoryUrl } from './upstream-target.ts'
import type { BlobWanted } from './upstream.ts'
import type { Digest } from '../storage/digest.ts'
import { pause, type Backoff } from './waiting.ts'

export interface BlobParts {
  readonly session: Session
  readonly bandwidth: Bandwidth
  readonly backoff: Backoff
  /** How many connections without a single new byte are enough. */
  readonly fruitlessAttempts: number
}

const bufferedBytes = 256 * 1024

/** One for all: an error of its own would cost more than a small blob does. */
const nobodyReads = new Error('nobody reads the blob any more')

/** Gives bytes as they come and as they are wanted; ends with the stream, wherever it stands. */
export function openBlob(parts: BlobParts, digest: Digest, wanted: BlobWanted): Readable {
  const ending = new AbortController()
  const signal = AbortSignal.any([wanted.signal, ending.signal])
  const pieces = blobPieces(parts, digest, { ...wanted, signal })
  let reading: Promise<void> | undefined

  async function pull(stream: Readable): Promise<void> {
    try {
      stream.push((await pieces.next()) ?? null)
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  return new Readable({
    highWaterMark: bufferedBytes,
    read() {
      reading = pull(this)
    },
    destroy(error, done) {
      ending.abort(nobodyReads)
      const finish = () => {
        pieces.close()
        done(error)
      }
      if (reading === undefined) finish()
      else void reading.then(finish)
    },
  })
}

/** What an answer holds, when it can be used. */
interface Fitting {
  readonly kind: 'fits'
  /** Where in the blob its first byte stands. */
  readonly start: number
}

type Fit = Fitting | { readonly kind: 'misfit'; readonly reason: string }

/** As strict as entity tags are: a registry with several servers may give each its own. */
const mostChangesOfTag = 2

/** One connection's part of the blob. */
interface Body extends Pieces {
  readonly reply: Reply
  /** Where in the blob its next byte stands. */
  position: number
}

/** Why a connection brought no more. */
type Ended = () => UpstreamFault

function blobPieces(
  { session, bandwidth, backoff, fruitlessAttempts }: BlobParts,
  digest: Digest,
  { sizeBytes, from, signal }: BlobWanted,
): Pieces {
  const url = repositoryUrl(session.target, 'blobs', digest)
  const { observe } = session.target
  const host = url.host
  let body: Body | undefined
  let have = from
  let haveBefore = from
  let fruitless = 0
  let connections = 0
  let fromStart = false
  const entity = trackEntity()

  async function next(): Promise<Buffer | undefined> {
    while (body !== undefined || have < sizeBytes) {
      const found = await advance()
      if (typeof found !== 'function') return found
      close()
      if (have === sizeBytes) return undefined
      fruitless = have > haveBefore ? 0 : fruitless + 1
      const fault = found()
      if (fruitless >= fruitlessAttempts) throw fault
      observe?.({ kind: 'retry', host: fault.host, reason: fault.reason })
      await pause(backoff.afterMs(fruitless), signal)
    }
    return undefined
  }

  async function advance(): Promise<Buffer | Ended> {
    try {
      if (body === undefined) {
        const found = await connect()
        if (typeof found === 'function') return found
        body = found
      }
      const { reply } = body
      return (await read(body)) ?? (() => reply.fault('connection_error', 'the blob ended early'))
    } catch (error) {
      signal.throwIfAborted()
      const fault = transportFault(error, describeAsked('GET', url))
      if (!isPassing(fault)) throw fault
      return () => fault
    }
  }

  async function connect(): Promise<Body | Ended> {
    haveBefore = have
    const begin = fromStart ? 0 : have
    const reply = await ask(begin)
    if (connections++ > 0) observe?.({ kind: 'resumed', host, from: have })
    const fit = judgeFit(reply, { begin, sizeBytes })
    const changed = fit.kind === 'fits' && entity.hasChanged(reply) && have > from
    fromStart = false
    if (fit.kind === 'fits' && !changed) {
      const pieces = piecesOf(reply.message, session.patience.stallMs)
      return { ...pieces, reply, position: fit.start }
    }
    reply.message.destroy()
    // Whatever it was about: the same once more, this time without asking for a part.
    fromStart = true
    const reason = fit.kind === 'misfit' ? fit.reason : 'the blob changed on the way'
    return () => reply.fault('blob_mismatch', reason)
  }

  function ask(begin: number): Promise<Reply> {
    const headers = begin > 0 ? { range: `bytes=${begin}-` } : {}
    return session.ask({
      ...{ method: 'GET', url, headers: { accept: '*/*', ...headers }, attempts: 1, signal },
      read: async (reply) => {
        if (reply.status === 200 || reply.status === 206) return reply
        reply.discard()
        if (reply.status === 404 || reply.status === 410) {
          throw reply.fault('not_found', 'there is no such blob')
        }
        if (reply.status === 416) {
          throw reply.fault('blob_mismatch', `the blob has no byte ${begin}`)
        }
        throw reply.fault('unknown_error', `it was answered ${reply.status}`)
      },
    })
  }

  /** What the body has that is not here yet; undefined at its end. */
  async function read(from: Body): Promise<Buffer | undefined> {
    for (;;) {
      const piece = await from.next()
      if (piece === undefined) return undefined
      const waiting = bandwidth.take(host, piece.length, signal)
      if (waiting !== undefined) await waiting
      const known = Math.min(Math.max(0, have - from.position), piece.length)
      from.position += piece.length
      if (known > 0) observe?.({ kind: 'skipped', host, bytes: known })
      if (known === piece.length) continue
      const fresh = known === 0 ? piece : piece.subarray(known)
      if (have + fresh.length > sizeBytes) {
        throw from.reply.fault('blob_mismatch', `the blob has more than ${sizeBytes} bytes`)
      }
      have += fresh.length
      observe?.({ kind: 'bytes', host, bytes: fresh.length })
      return fresh
    }
  }

  function close(): void {
    body?.close()
    body = undefined
  }

  return { next, close }
}

function judgeFit(
  { status, header }: Reply,
  { begin, sizeBytes }: { readonly begin: number; readonly sizeBytes: number },
): Fit {
  const misfit = (reason: string): Fit => ({ kind: 'misfit', reason })
  const encoding = header('content-encoding') ?? 'identity'
  if (encoding !== 'identity') return misfit(`the blob comes encoded as ${encoding.slice(0, 20)}`)
  if (status === 200) {
    const length = header('content-length')
    if (length === undefined || Number(length) === sizeBytes) return { kind: 'fits', start: 0 }
    return misfit(`the blob has ${length} bytes instead of ${sizeBytes}`)
  }
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '') ?? []
  if (Number(first) !== begin) return misfit('it gives another part of the blob than was asked for')
  if (total !== '*' && Number(total) !== sizeBytes) {
    return misfit(`the blob has ${total ?? 'no'} bytes instead of ${sizeBytes}`)
  }
  return { kind: 'fits', start: begin }
}

/** Tells when an answer belongs to other content than those before. */
function trackEntity() {
  let known: string | undefined
  let changes = 0
  return {
    hasChanged({ header }: Reply): boolean {
      const tag = header('etag')
      if (tag === undefined || tag.startsWith('W/')) return false
      const isOther = known !== undefined && known !== tag
      known = tag
      return isOther && ++changes <= mostChangesOfTag
    },
  }
}
