import type { CrashSummary } from './crash-run.ts'

export function summaryText(summary: CrashSummary): string {
  const { kills, blobs, manifests, resumedUploads, sweptLeftovers, restartsMs } = summary
  const sorted = restartsMs.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return (
    `${kills} kills: all ${blobs} acknowledged blobs and ${manifests} manifest references intact, ` +
    `${resumedUploads} times an upload stood where it was left, ${sweptLeftovers} leftovers swept; ` +
    `up again in ${median.toFixed(0)} ms (median), ${(sorted.at(-1) ?? 0).toFixed(0)} ms (longest)`
  )
}
