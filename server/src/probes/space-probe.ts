import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'
import {
  doubtful,
  fine,
  probing,
  sizeText,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'

const gibibyte = 1024 ** 3
const leastBytes = 5 * gibibyte
const wantedBytes = 20 * gibibyte
const imageBytes = 300 * 1024 * 1024
const leastFiles = 1_000
const wantedFiles = 100_000

/** Whether there is room at a place, or where it will be made. */
export function probeSpace({ folder }: { readonly folder: string }, context: ProbeContext): Probe {
  return probing(context, `space:${folder}`, `Looking at the space at ${folder}`, async () =>
    judgeSpace(folder, await nearestStatfs(folder)),
  )
}

type Counts = Pick<StatsFs, 'bavail' | 'blocks' | 'bsize' | 'ffree' | 'files'>

export function judgeSpace(folder: string, stats: Counts): Outcome {
  const { bavail, blocks, bsize, ffree, files } = stats
  const freeBytes = bavail * bsize
  const images = Math.floor(freeBytes / imageBytes)
  const facts = {
    ...{ path: folder, freeBytes, totalBytes: blocks * bsize, free: sizeText(freeBytes), images },
    // File systems that make inodes as they need them say zero.
    ...(files > 0 && { inodes: ffree }),
  }
  if (freeBytes < leastBytes) return wrong('MOOR-STO-004', facts)
  if (files > 0 && ffree < leastFiles) return wrong('MOOR-STO-006', facts)
  if (freeBytes < wantedBytes) return doubtful('MOOR-STO-005', facts)
  if (files > 0 && ffree < wantedFiles) return doubtful('MOOR-STO-006', facts)
  return fine(`${facts.free} free: room for about ${images} images of 300 MB`, facts)
}

/** Of a place, or of where it will be made. */
export async function nearestStatfs(folder: string): Promise<StatsFs> {
  try {
    return await statfs(folder)
  } catch (error) {
    const above = path.dirname(folder)
    if (above === folder) throw error
    return nearestStatfs(above)
  }
}
