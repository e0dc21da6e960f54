import { Readable } from 'node:stream'
import { isPassing } from './attempts.ts'
import type { Bandwidth } from './bandwidth.ts'
import { piecesOf } from './exchange.ts'
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

/** Gives bytes as they come and as they are wanted; ends with the stream, wherever it stands. */
export function openBlob(parts: BlobParts, digest: Digest, wanted: BlobWanted): Readable {
  const ending = new AbortController()
  const signal = AbortSignal.any([wanted.signal, ending.signal])
  const pieces = blobPieces(parts, digest, { ...wanted, signal })

  async function pull(stream: Readable): Promise<void> {
    try {
      const next = await pieces.next()
      stream.push(next.done === true ? null : next.value)
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  return new Readable({
    highWaterMark: bufferedBytes,
    read() {
      void pull(this)
    },
    destroy(error, done) {
      ending.abort()
      const finish = () => {
        done(error)
      }
      pieces.return().then(finish, finish)
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

async function* blobPieces(
  { session, bandwidth, backoff, fruitlessAttempts }: BlobParts,
  digest: Digest,
  { sizeBytes, from, signal }: BlobWanted,
): AsyncGenerator<Buffer, void, undefined> {
  const url = repositoryUrl(session.target, 'blobs', digest)
  const { observe } = session.target
  const host = url.host
  let have = from
  let fruitless = 0
  let connections = 0
  let fromStart = false
  const entity = trackEntity()

  while (have < sizeBytes) {
    const before = have
    let fault: UpstreamFault
    try {
      const reply = await ask(fromStart ? 0 : have)
      if (connections++ > 0) observe?.({ kind: 'resumed', host, from: have })
      const fit = judgeFit(reply, { begin: fromStart ? 0 : have, sizeBytes })
      const changed = fit.kind === 'fits' && entity.hasChanged(reply) && have > from
      fromStart = false
      if (fit.kind === 'fits' && !changed) {
        yield* read(reply, fit.start)
        fault = reply.fault('connection_error', 'the blob ended early')
      } else {
        reply.message.destroy()
        // Whatever it was about: the same once more, this time without asking for a part.
        fromStart = true
        const reason = fit.kind === 'misfit' ? fit.reason : 'the blob changed on the way'
        fault = reply.fault('blob_mismatch', reason)
      }
    } catch (error) {
      signal.throwIfAborted()
      fault = transportFault(error, describeAsked('GET', url))
      if (!isPassing(fault)) throw fault
    }
    if (have === sizeBytes) return
    fruitless = have > before ? 0 : fruitless + 1
    if (fruitless >= fruitlessAttempts) throw fault
    observe?.({ kind: 'retry', host: fault.host, reason: fault.reason })
    await pause(backoff.afterMs(fruitless), signal)
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

  async function* read(reply: Reply, start: number): AsyncGenerator<Buffer, void, undefined> {
    let position = start
    for await (const piece of piecesOf(reply.message, session.patience.stallMs)) {
      await bandwidth.take(host, piece.length, signal)
      const known = Math.min(Math.max(0, have - position), piece.length)
      position += piece.length
      if (known > 0) observe?.({ kind: 'skipped', host, bytes: known })
      if (known === piece.length) continue
      const fresh = known === 0 ? piece : piece.subarray(known)
      if (have + fresh.length > sizeBytes) {
        throw reply.fault('blob_mismatch', `the blob has more than ${sizeBytes} bytes`)
      }
      have += fresh.length
      observe?.({ kind: 'bytes', host, bytes: fresh.length })
      yield fresh
    }
  }
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
