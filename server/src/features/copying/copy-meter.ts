import type { Stopwatch } from '../../platform/stopwatch.ts'

export interface CopyProgress {
  /** The tags that are being copied, oldest first. */
  readonly tags: readonly string[]
  /** Bytes of blobs transferred so far, and of those known to be needed. */
  readonly bytes: number
  readonly bytesTotal: number
  readonly bytesPerSecond: number
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
    return { tags: [...tags], bytes, bytesTotal, bytesPerSecond, blobs, blobsTotal }
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
    /** A blob is there; `sparedBytes` of it did not have to be transferred. */
    blobDone(sparedBytes: number): void {
      blobs += 1
      bytesTotal -= sparedBytes
      changed()
    },
  }
}
