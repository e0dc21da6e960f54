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
  for await (const chunk of req as AsyncIterable<Buffer>) {
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

/**
 * The body of a request that was found worth reading. A client that waits for `100 Continue` sends
 * nothing before this, so a refused upload costs no transfer.
 */
export function acceptBody({ req, res }: Exchange): IncomingMessage {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue()
  return req
}
