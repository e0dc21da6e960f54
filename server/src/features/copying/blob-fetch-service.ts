import { isProblem, Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { createBlobIntake } from './blob-intake-service.ts'
import type { BlobArrival, BlobFetch, BlobFetches } from './blob-fetch.ts'
import { createBlobTransfer, type TransferParts } from './blob-transfer-service.ts'
import { CopyFault } from './copy-fault.ts'
import { createGrowingBlob, type GrowingBlob } from './growing-blob.ts'

/** One fetch of a digest, and those who wait for it. */
interface Flight {
  readonly source: string
  readonly stop: AbortController
  readonly outcome: Promise<Landing>
  growing: GrowingBlob
  waiting: number
  hasLanded: boolean
}

interface Landing {
  readonly arrival: BlobArrival
  /** The repository that the blob is linked to already. */
  readonly linkedTo?: number
}

/** Fetches blobs from elsewhere, each once at a time in this process. */
export function createBlobFetches({
  maximumLayerBytes,
  linkLifeMs,
  ...parts
}: Omit<TransferParts, 'intake'> & {
  maximumLayerBytes: number
  /** How long a blob stays without a manifest. */
  linkLifeMs: number
}): BlobFetches {
  const { storage } = parts
  const intake = createBlobIntake(parts)
  const transfer = createBlobTransfer({ ...parts, intake })
  const flights = new Map<Digest, Flight>()
  let isClosed = false

  const growingFor = (wanted: BlobFetch) => createGrowingBlob({ ...wanted, storage })

  function depart(request: BlobFetch): Flight {
    const stop = new AbortController()
    const flight: Flight = {
      source: request.source,
      stop,
      growing: growingFor(request),
      waiting: 0,
      hasLanded: false,
      // begins after this function, so that `flight` is complete by then
      outcome: Promise.resolve().then(() => land(flight, request)),
    }
    flights.set(request.digest, flight)
    const landed = () => {
      flight.hasLanded = true
      if (flights.get(request.digest) === flight) flights.delete(request.digest)
    }
    flight.outcome.then(landed, landed)
    return flight
  }

  async function land(flight: Flight, request: BlobFetch): Promise<Landing> {
    const { sizeBytes, repositoryId, holdMs = linkLifeMs } = request
    try {
      if (await intake.isPresent(request)) {
        flight.growing.arrive()
        return { arrival: 'present' }
      }
      if (sizeBytes > maximumLayerBytes) {
        throw new Problem('blob-too-large', { limitBytes: maximumLayerBytes })
      }
      const isLinked = await attemptTwice(flight, request, holdMs)
      flight.growing.arrive()
      return { arrival: 'fetched', ...(isLinked && { linkedTo: repositoryId }) }
    } catch (error) {
      flight.growing.fail(error)
      throw error
    }
  }

  /** Wrong content may have been damaged on its way, or in what was kept: once more, from nothing. */
  async function attemptTwice(flight: Flight, request: BlobFetch, holdMs: number) {
    const { signal } = flight.stop
    try {
      return await transfer.run(request, flight.growing, holdMs, signal)
    } catch (error) {
      if (!(error instanceof CopyFault)) throw error
      flight.growing.fail(error)
      flight.growing = growingFor(request)
      return transfer.run(request, flight.growing, holdMs, signal)
    }
  }

  /** The outcome of the flight, unless the caller leaves before; the last one to leave ends it. */
  async function ride(flight: Flight, signal: AbortSignal): Promise<Landing> {
    const left = Promise.withResolvers<never>()
    const onAbort = () => {
      left.reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      signal.throwIfAborted()
      return await Promise.race([flight.outcome, left.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
      flight.waiting -= 1
      if (flight.waiting === 0 && !flight.hasLanded) {
        flight.stop.abort(new Error('nobody wants the blob any more'))
      }
    }
  }

  /** The flight to board; one that is being ended has to be over before the next can begin. */
  async function board(request: BlobFetch): Promise<{ flight: Flight; isMine: boolean }> {
    for (;;) {
      const known = flights.get(request.digest)
      if (known?.stop.signal.aborted === true) {
        await known.outcome.catch(() => undefined)
        if (flights.get(request.digest) === known) flights.delete(request.digest)
      } else {
        const flight = known ?? depart(request)
        // at once, or it could be ended before this caller waits for it
        flight.waiting += 1
        return { flight, isMine: known === undefined }
      }
    }
  }

  return {
    async fetch(request) {
      const { digest, repositoryId, source, signal, holdMs = linkLifeMs } = request
      for (;;) {
        signal.throwIfAborted()
        if (isClosed) throw new Error('the server is stopping')
        const { flight, isMine } = await board(request)
        let landing: Landing
        try {
          landing = await ride(flight, signal)
        } catch (error) {
          if (isMine || signal.aborted) throw error
          // what another source or repository failed with says nothing about ours
          const isOurs = flight.source === source && !isProblem(error, 'repository-unknown')
          if (isOurs) throw error
          continue
        }
        if (
          landing.linkedTo === repositoryId ||
          (await intake.link(repositoryId, digest, holdMs))
        ) {
          return isMine ? landing.arrival : 'present'
        }
        await intake.untilNotDoomed(digest)
      }
    },

    follow: (digest) => flights.get(digest)?.growing.file(),

    async close() {
      isClosed = true
      const ending = [...flights.values()]
      for (const { stop } of ending) stop.abort(new Error('the server is stopping'))
      await Promise.all(ending.map(({ outcome }) => outcome.catch(() => undefined)))
    },
  }
}
