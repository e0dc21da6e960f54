import type { Stopwatch } from '../../platform/stopwatch.ts'

/** A blob that is being transferred. */
export interface LayerProgress {
  readonly tag: string
  /** `linux/arm64`; null where a single image is copied, which does not say before it is here. */
  readonly platform: string | null
  readonly digest: string
  /** Bytes of it that are here, and that it has. */
  readonly done: number
  readonly total: number
}

/** Counts what comes of one blob, until its transfer ends. */
export interface LayerMeter {
  readonly received: (count: number) => void
  readonly ended: () => void
}

export interface CopyProgress {
  /** The tags that are being copied, oldest first. */
  readonly tags: readonly string[]
  /** Bytes of blobs transferred so far, and of those known to be needed. */
  readonly bytes: number
  readonly bytesTotal: number
  readonly bytesPerSecond: number
  readonly layers: readonly LayerProgress[]
  readonly blobs: number
  readonly blobsTotal: number
}

export type CopyMeter = ReturnType<typeof createCopyMeter>

const reportEveryMs = 250
/** The rate is that of the last this many milliseconds. */
const rateOverMs = 5_000

/** Counts what is copied, over one tag or a whole run; tells of it at most four times a second. */
export function createCopyMeter({
  elapsed,
  report = () => undefined,
}: {
  elapsed: Stopwatch
  report?: (progress: CopyProgress) => void
}) {
  const tags = new Set<string>()
  const layers = new Set<{ -readonly [Key in keyof LayerProgress]: LayerProgress[Key] }>()
  const samples: { at: number; bytes: number }[] = [{ at: elapsed(), bytes: 0 }]
  let bytes = 0
  let bytesTotal = 0
  let blobs = 0
  let blobsTotal = 0
  let reportedAt = -Infinity

  function rate(now: number): number {
    const first = samples.find(({ at }) => now - at <= rateOverMs) ?? { at: now, bytes }
    const forMs = now - first.at
    return forMs <= 0 ? 0 : Math.round(((bytes - first.bytes) * 1_000) / forMs)
  }

  function snapshot(): CopyProgress {
    const bytesPerSecond = rate(elapsed())
    return {
      ...{ tags: [...tags], bytes, bytesTotal, bytesPerSecond, blobs, blobsTotal },
      layers: [...layers].map((layer) => ({ ...layer })),
    }
  }

  function changed(): void {
    const now = elapsed()
    if (now - reportedAt < reportEveryMs) return
    reportedAt = now
    while (samples.length > 0 && now - (samples[0]?.at ?? now) > rateOverMs) samples.shift()
    samples.push({ at: now, bytes })
    report(snapshot())
  }

  return {
    snapshot,
    tagBegun(tag: string): void {
      tags.add(tag)
      changed()
    },
    tagEnded(tag: string): void {
      tags.delete(tag)
      changed()
    },
    /** Blobs that are needed, and what they weigh. */
    expect(count: number, weightBytes: number): void {
      blobsTotal += count
      bytesTotal += weightBytes
      changed()
    },
    received(count: number): void {
      bytes += count
      changed()
    },
    /** A transfer begins; as many as there are lanes go on at a time. */
    layerBegun(begun: LayerProgress): LayerMeter {
      const layer = { ...begun }
      layers.add(layer)
      return {
        received(count) {
          layer.done += count
        },
        ended() {
          layers.delete(layer)
        },
      }
    },
    /** A blob is there; `sparedBytes` of it did not have to be transferred. */
    blobDone(sparedBytes: number): void {
      blobs += 1
      bytesTotal -= sparedBytes
      changed()
    },
  }
}
