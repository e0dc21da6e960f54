import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleJob as WireJob } from '../../contract/mooring-bundle-values.ts'
import { isProblem, messageOf } from '../../problem.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { BundleJobKind, BundleJobRow } from './bundle-job-store.ts'
import type { JobMeter } from './job-progress.ts'

export type JobResult = NonNullable<z.output<typeof WireJob>['result']>
export type JobFact = NonNullable<z.output<typeof WireJob>['error']>

export type JobOutcome =
  | { readonly kind: 'done'; readonly result: JobResult }
  /** Volumes have yet to come. */
  | { readonly kind: 'waiting'; readonly volumes: readonly number[] }

/** What a job is given while it runs. */
export interface JobRun {
  readonly id: string
  readonly by: Actor
  readonly byName: string | null
  /** As they were when the job was asked for. */
  readonly options: unknown
  /** What is not kept with them. */
  readonly secrets: unknown
  readonly meter: JobMeter
  readonly signal: AbortSignal
  /** Says which bundle the job is about, and where that is, as soon as this is known. */
  describe(facts: { bundleId?: string; path?: string }): Promise<void>
}

export type JobRunners = Readonly<Record<BundleJobKind, (run: JobRun) => Promise<JobOutcome>>>

/** Takes back what jobs left that were given up. */
export type JobDiscards = Readonly<
  Partial<Record<BundleJobKind, (job: BundleJobRow) => Promise<void>>>
>

/** Why a job ended, in words for people. */
export function factOf(error: unknown): JobFact {
  if (error instanceof BundleFault) return faultFact(error)
  const fact = { volume: null, file: null, next_step: null }
  if (isProblem(error, 'storage-full')) {
    const next = 'Free some space, then resume the job.'
    return { ...fact, code: error.code, message: 'There is no space left.', next_step: next }
  }
  if (isProblem(error)) {
    return { ...fact, code: error.code, message: messageOf(error, error.code) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { ...fact, code: 'failed', message: message.slice(0, 1_000) }
}

export function faultFact({ code, message, next, place }: BundleFault): JobFact {
  const [text = ''] = message.split('\n', 1)
  return {
    code,
    message: text.startsWith(`${code}: `) ? text.slice(code.length + 2) : text,
    volume: place.volume ?? null,
    file: place.file ?? null,
    next_step: next,
  }
}
