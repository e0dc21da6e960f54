import { parseByteRange } from '../../http/byte-range.ts'
import { send, type Exchange } from '../../http/exchange.ts'
import { parseDigest } from '../../storage/digest.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import type { BlobService } from './blob-service.ts'

/** Content never changes under its digest, so whoever may read it may keep it. */
const cacheControl = 'max-age=31536000, private'

/** `/v2/<name>/blobs/<digest>` (OCI distribution spec, "Pulling blobs" and "Deleting blobs"). */
export function blobOci({ blobs, gate }: { blobs: BlobService; gate: RegistryGate }) {
  return {
    async get(exchange: Exchange, name: string, digestText: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'pull')
      const digest = parseDigest(digestText)
      const { size_bytes: sizeBytes } = await blobs.require(repository.id, digest)
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
      const file = await blobs.open(digest)
      try {
        const { start, end } = range ?? { start: 0, end: sizeBytes - 1 }
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
        if (end >= start) await file.sendTo(res, start, end, exchange.signal)
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
}
