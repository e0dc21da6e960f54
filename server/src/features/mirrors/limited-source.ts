import { Readable } from 'node:stream'

import type { Bucket } from '../../upstream/bandwidth.ts'
import type { CopySource } from '../copying/copy.ts'

const bufferedBytes = 256 * 1024

/** An upstream whose blobs come no faster than that, all of them together. */
export function limitedSource<Source extends CopySource>(source: Source, limit: Bucket): Source {
  return {
    ...source,
    openBlob: (digest, wanted) =>
      Readable.from(slowly(source.openBlob(digest, wanted), limit, wanted.signal), {
        objectMode: false,
        highWaterMark: bufferedBytes,
      }),
  }
}

async function* slowly(blob: Readable, limit: Bucket, signal: AbortSignal) {
  for await (const piece of blob as AsyncIterable<Buffer>) {
    await limit.take(piece.length, signal)
    yield piece
  }
}
