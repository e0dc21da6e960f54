import type { Digest } from '../../storage/digest.ts'
import type { BlobFetches } from './blob-fetch.ts'
import type { LayerMeter } from './copy-meter.ts'
import type { CopyTask } from './copy-task.ts'
import type { TransferLanes } from './transfer-lanes.ts'

interface Wanted {
  readonly digest: Digest
  readonly sizeBytes: number
}

export type BlobCopy = ReturnType<typeof createBlobCopy>

/** Brings blobs of the upstream here, in the lanes that it has. */
export function createBlobCopy({ fetches, lanes }: { fetches: BlobFetches; lanes: TransferLanes }) {
  return async (task: CopyTask, { digest, sizeBytes }: Wanted): Promise<void> => {
    const { request, tally } = task
    const { upstream, source, repositoryId, meter, signal } = request
    const counts = !task.blobs.has(digest)
    let transferred = 0
    let layer: LayerMeter | undefined
    task.blobs.add(digest)
    if (counts) meter?.expect(1, sizeBytes)
    try {
      const arrival = await fetches.fetch({
        ...{ digest, sizeBytes, repositoryId, source, signal },
        ownsChunks: true,
        open(from, signal) {
          layer?.ended()
          layer = meter?.layerBegun({
            ...{ tag: request.tag, platform: task.platform ?? null },
            ...{ digest, done: from, total: sizeBytes },
          })
          return upstream.openBlob(digest, { sizeBytes, from, signal })
        },
        turn: (signal) => lanes.enter(source, signal),
        received(bytes) {
          transferred += bytes
          tally.bytes += bytes
          meter?.received(bytes)
          layer?.received(bytes)
          lanes.received(source, bytes)
        },
      })
      if (arrival === 'fetched') tally.blobsFetched += 1
      else if (counts) tally.blobsPresent += 1
    } catch (error) {
      if (!signal.aborted) lanes.slowDown(source)
      throw error
    } finally {
      layer?.ended()
    }
    if (counts) meter?.blobDone(Math.max(sizeBytes - transferred, 0))
  }
}
