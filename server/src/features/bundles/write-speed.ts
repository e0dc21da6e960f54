import { stat } from 'node:fs/promises'
import path from 'node:path'

import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { JobResult } from './bundle-job.ts'
import type { BundleJobs } from './bundle-job-service.ts'

/** Less than this says more about caches than about a medium. */
const tellingBytes = 16 * 2 ** 20
const jobsLookedAt = 50

/** Times how fast a medium takes what is written, without what is read in between. */
export function createSpeedometer(elapsed: Stopwatch) {
  let before: { readonly at: number; readonly bytes: number } | undefined
  let bytes = 0
  let milliseconds = 0
  return {
    reach(phase: string, bytesDone: number): void {
      const now = { at: elapsed(), bytes: bytesDone }
      if (phase === 'writing' && before !== undefined) {
        bytes += Math.max(0, now.bytes - before.bytes)
        milliseconds += now.at - before.at
      }
      before = phase === 'writing' ? now : undefined
    },

    /** Undefined when too little was written to tell. */
    bytesPerSecond: (): number | undefined =>
      bytes < tellingBytes || milliseconds <= 0
        ? undefined
        : Math.round((bytes / milliseconds) * 1000),
  }
}

/** How fast the last export to the same drive was. Undefined: none was timed. */
export async function findWriteSpeed(
  jobs: Pick<BundleJobs, 'page'>,
  target: string,
): Promise<number | undefined> {
  const drive = await driveOf(target)
  for (const { kind, result_json } of await jobs.page(undefined, jobsLookedAt)) {
    if (kind !== 'export' || result_json === null) continue
    const result = JSON.parse(result_json) as JobResult
    if (result.kind !== 'export' || result.bytes_per_second === undefined) continue
    if ((await driveOf(result.path)) === drive) return result.bytes_per_second
  }
  return undefined
}

/** Of the nearest folder that is there. */
async function driveOf(place: string): Promise<number | undefined> {
  for (let folder = place; ; folder = path.dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found !== undefined) return found.dev
    if (path.dirname(folder) === folder) return undefined
  }
}
