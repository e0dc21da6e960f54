import { Readable } from 'node:stream'
import { expect, it } from 'vitest'

import { startStopwatch } from '../../platform/stopwatch.ts'
import { parseDigest } from '../../storage/digest.ts'
import { createBucket } from '../../upstream/bandwidth.ts'
import type { CopySource } from '../copying/copy.ts'
import { limitedSource } from './limited-source.ts'

const digest = parseDigest(`sha256:${'a'.repeat(64)}`)

function createSource(pieces: readonly Buffer[]) {
  let isClosed = false
  const source: CopySource = {
    headManifest: () => Promise.resolve(undefined),
    getManifest: () => Promise.reject(new Error('there is none')),
    listReferrers: () => Promise.resolve([]),
    openBlob: () =>
      Readable.from(
        (async function* () {
          try {
            yield* pieces
          } finally {
            isClosed = true
          }
        })(),
      ),
  }
  return { source, isClosed: () => isClosed }
}

it('blobs come whole, and no faster than they may', async () => {
  const pieces = Array.from({ length: 10 }, (_, at) => Buffer.alloc(10_000, at))
  const { source, isClosed } = createSource(pieces)
  const elapsed = startStopwatch()
  const limit = createBucket(() => 400_000, elapsed)
  const { signal } = new AbortController()
  const blob = limitedSource(source, limit).openBlob(digest, {
    sizeBytes: 100_000,
    from: 0,
    signal,
  })
  expect(Buffer.concat(await blob.toArray())).toEqual(Buffer.concat(pieces))
  expect(elapsed()).toBeGreaterThan(150)
  expect(isClosed()).toBe(true)
})

it('a blob that nobody wants any more is let go of upstream, too', async () => {
  const { source, isClosed } = createSource([Buffer.alloc(10), Buffer.alloc(10)])
  const limit = createBucket(() => 1, startStopwatch())
  const controller = new AbortController()
  const { signal } = controller
  const blob = limitedSource(source, limit).openBlob(digest, { sizeBytes: 20, from: 0, signal })
  const reading = blob.toArray()
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  expect(isClosed()).toBe(true)
})
