import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { parseByteRange } from '../../http/byte-range.ts'
import { send, type Exchange } from '../../http/exchange.ts'
import { isProblem, Problem } from '../../problem.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import type { BlobFile } from '../../storage/storage.ts'
import type { ProxiedBlobs } from '../proxy-cache/proxied-blob-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import type { BlobService } from './blob-service.ts'

/** Content never changes under its digest, so whoever may read it may keep it. */
const cacheControl = 'max-age=31536000, private'

/** `/v2/<name>/blobs/<digest>` (OCI distribution spec, "Pulling blobs" and "Deleting blobs"). */
export function blobOci({
  blobs,
  proxied,
  gate,
}: {
  blobs: BlobService
  /** Blobs that are elsewhere still; absent: there are none. */
  proxied?: Pick<ProxiedBlobs, 'findSize' | 'open'> | undefined
  gate: RegistryGate
}) {
  return {
    async get(exchange: Exchange, name: string, digestText: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'pull')
      const digest = parseDigest(digestText)
      const here = await blobs.find(repository.id, digest)
      const sizeBytes = here?.size_bytes ?? (await proxied?.findSize(repository, digest))
      if (sizeBytes === undefined) throw new Problem('blob-unknown', { digest })
      const { req, res, method } = exchange
      const headers = {
        'Docker-Content-Digest': digest,
        'Content-Type': 'application/octet-stream',
        'Accept-Ranges': 'bytes',
        'Cache-Control': cacheControl,
        ETag: `"${digest}"`,
      }
      if (method === 'HEAD') {
        send(exchange, 200, { ...headers, 'Content-Length': sizeBytes })
        return
      }
      if (req.headers['if-none-match'] === `"${digest}"`) {
        send(exchange, 304, { ...headers, 'Content-Length': undefined })
        return
      }
      const range = parseByteRange(req.headers.range, sizeBytes)
      const { start, end } = range ?? { start: 0, end: sizeBytes - 1 }
      const writeHead = () =>
        res.writeHead(range === undefined ? 200 : 206, {
          ...headers,
          'Content-Length': end - start + 1,
          'Content-Disposition': 'attachment',
          'X-Content-Type-Options': 'nosniff',
          'X-Request-Id': exchange.requestId,
          ...(range === undefined
            ? {}
            : { 'Content-Range': `bytes ${String(start)}-${String(end)}/${String(sizeBytes)}` }),
        })
      const { file, isHere } = await open(repository, digest, sizeBytes, here !== undefined)
      try {
        if (isHere) {
          writeHead()
          if (end >= start) await file.sendTo(res, start, end, exchange.signal)
        } else {
          // What is on its way may never come, and then the answer is another.
          await file.sendTo(withHead(res, writeHead), start, end, exchange.signal)
          if (end < start) writeHead()
        }
        res.end()
      } finally {
        await file.close()
      }
    },

    async delete(exchange: Exchange, name: string, digestText: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'delete')
      await blobs.unlink(repository.id, parseDigest(digestText))
      send(exchange, 202, {})
    },
  }

  async function open(
    repository: RepositoryRow,
    digest: Digest,
    sizeBytes: number,
    isKnown: boolean,
  ): Promise<{ file: BlobFile; isHere: boolean }> {
    if (isKnown) {
      try {
        return { file: await blobs.open(digest), isHere: true }
      } catch (error) {
        if (proxied === undefined || !isProblem(error, 'blob-unknown')) throw error
      }
    }
    if (proxied === undefined) throw new Problem('blob-unknown', { digest })
    return { file: await proxied.open(repository, digest, sizeBytes), isHere: false }
  }
}

/** Begins an answer with the first of its bytes. */
function withHead(res: ServerResponse, writeHead: () => void): Writable {
  const target = new Writable({
    write(bytes: Buffer, _encoding, written) {
      if (!res.headersSent) writeHead()
      res.write(bytes, written)
    },
  })
  // Whoever writes learns of it; nobody else has to.
  target.on('error', () => undefined)
  return target
}
