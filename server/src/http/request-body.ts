import type { IncomingMessage } from 'node:http'
import { Problem } from '../problem.ts'
import type { Exchange } from './exchange.ts'

/**
 * Reads a body whole, for the few that are small by nature (manifests).
 * @throws Problem `manifest-too-large` as soon as the limit is passed, announced or real.
 */
export async function readLimited(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) {
    throw new Problem('manifest-too-large', { limitBytes })
  }
  const chunks: Buffer[] = []
  let sizeBytes = 0
  // The request outlives a refusal: its rest is read and thrown away after the answer.
  const body = req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) throw new Problem('manifest-too-large', { limitBytes })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, sizeBytes)
}

/** Whether a request announces a body at all. */
export function hasBody(req: IncomingMessage): boolean {
  return (
    req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  )
}

const accepted = new WeakSet<IncomingMessage>()

/**
 * The body of a request that was found worth reading. A client that waits for `100 Continue` sends
 * nothing before this, so a refused upload costs no transfer.
 */
export function acceptBody({ req, res }: Exchange): IncomingMessage {
  accepted.add(req)
  if (expectsContinue(req)) res.writeContinue()
  return req
}

/** Whether the client still waits for `100 Continue`, so that it has sent no body and may never. */
export function awaitsContinue(req: IncomingMessage): boolean {
  return expectsContinue(req) && !accepted.has(req)
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue'
}

const discardMs = 10_000

/**
 * Reads on after an early answer and throws away what comes: closing at once would reset the
 * connection before the client has read the answer. A client that goes on for long is cut off.
 */
export function discardRest(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return
  const { socket } = req
  const cut = setTimeout(() => {
    socket.destroy()
  }, discardMs)
  cut.unref()
  req.once('close', () => {
    clearTimeout(cut)
  })
  req.resume()
}
