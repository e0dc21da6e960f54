import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleJob, BundlePlan } from '../../contract/mooring-bundle-values.ts'
import { Problem } from '../../problem.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { JobFact, JobResult } from './bundle-job.ts'
import type { BundleJobRow } from './bundle-job-store.ts'
import type { JobProgress } from './job-progress.ts'
import type { BuiltPlan } from './plan-service.ts'

/** A fault of a bundle as an answer of the API: the sentence, its code and the next step. */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error
    const [text = ''] = error.message.split('\n', 1)
    const { code, next, place } = error
    const extra = { code, next_step: next, volume: place.volume ?? null, file: place.file ?? null }
    throw new Problem('rule-violated', { message: `${text} ${next}`, extra }, { cause: error })
  }
}

export function presentJob(row: BundleJobRow): z.input<typeof BundleJob> {
  const { startedAt, ...progress } = JSON.parse(row.progress_json) as JobProgress
  const error = row.error_json === null ? null : (JSON.parse(row.error_json) as JobFact)
  return {
    ...{ id: row.id, kind: row.kind, by: row.by_name, path: row.path },
    ...{ created: wireDate(row.created_at), ended: wireDateOrNull(row.ended_at) },
    bundle_id: row.bundle_id,
    progress: {
      ...{ state: row.state, unit: 'bytes', ...progress, startedAt: wireDate(startedAt) },
      errors: error === null ? [] : [error.message],
    },
    waiting_for: row.waiting_json === null ? [] : (JSON.parse(row.waiting_json) as number[]),
    result: row.result_json === null ? null : (JSON.parse(row.result_json) as JobResult),
    error,
  }
}

export function presentPlan(
  { plan, volumes, problems, biggest, news, rate, volumeBytes, siteFreeBytes }: BuiltPlan,
  { freeBytes, measured }: { freeBytes: number | null; measured: number | undefined },
): z.input<typeof BundlePlan> {
  const { entries, blobs, base } = plan
  const sum = (of: typeof blobs) => of.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0)
  const carried = blobs.filter(({ isAssumed }) => !isAssumed)
  const roots = entries.filter(({ role, reference }) => role === 'root' && !isCompanion(reference))
  const written = volumes.reduce((bytes, volume) => bytes + volume.bytes, 0)
  const carryBytes = sum(carried)
  const speed = rate ?? measured
  const totalBytes = sum(blobs)
  return {
    images: roots.length,
    repositories: new Set(roots.map(({ reference }) => nameOf(reference))).size,
    referrers: entries.length - roots.length,
    ...{ blobs: blobs.length, carry_blobs: carried.length },
    ...{ total_bytes: totalBytes, carry_bytes: carryBytes },
    present_bytes: totalBytes - carryBytes,
    ...{ new_blobs: news.length, new_bytes: sum(news) },
    is_sparse: entries.some(({ absent }) => (absent?.length ?? 0) > 0),
    base: { kind: base.kind, id: base.kind === 'none' ? null : base.id },
    volumes: volumes.map(({ number, bytes }) => ({ n: number, bytes })),
    ...{ written_bytes: written, volume_bytes: volumeBytes ?? null },
    seconds: speed === undefined ? null : Math.ceil(written / speed),
    is_measured: rate === undefined && measured !== undefined,
    ...{ free_bytes: freeBytes, site_free_bytes: siteFreeBytes },
    fits: freeBytes === null || written <= freeBytes,
    biggest: [...biggest],
    deletions: (plan.deletions ?? []).slice(0, problemsShown),
    problems: problems.slice(0, problemsShown),
  }
}

const problemsShown = 1_000

/** A tag of cosign is an image to the registry, and a signature to people. */
const isCompanion = (reference: string) => /:sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$/.test(reference)

function nameOf(reference: string): string {
  const name = reference.split('@', 1)[0] ?? ''
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name
}
