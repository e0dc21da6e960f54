import type { Clock, Instant } from '../../platform/clock.ts'
import type { BundleJobState } from './bundle-job-store.ts'

/** How far a job has come, as its row keeps it. */
export interface JobProgress {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly itemsDone: number
  readonly itemsTotal: number
  readonly current: string
  readonly rate: number
  readonly eta: number | null
  readonly startedAt: Instant
}

export type ShownProgress = JobProgress & {
  readonly state: BundleJobState
  readonly unit: 'bytes'
  readonly errors: string[]
}

export interface JobMeter {
  enter(phase: string, expected?: { total?: number; itemsTotal?: number }): void
  reach(reached: { done?: number; total?: number; itemsDone?: number; current?: string }): void
  add(bytes: number): void
  finished(current: string): void
}

export const noProgress = (startedAt: Instant): JobProgress => ({
  ...{ phase: 'preparing', done: 0, total: 0, itemsDone: 0, itemsTotal: 0, current: '' },
  ...{ rate: 0, eta: null, startedAt },
})

/** Counts what a job does; the rate is that of its present phase. */
export function createJobMeter({
  clock,
  startedAt,
  onChange,
}: {
  clock: Clock
  startedAt: Instant
  onChange: () => void
}): JobMeter & { read(): JobProgress } {
  let facts = noProgress(startedAt)
  let phaseStartedAt = clock.now()
  let doneBefore = 0
  const change = (next: Partial<JobProgress>) => {
    facts = { ...facts, ...next }
    onChange()
  }
  return {
    read() {
      const seconds = (clock.now() - phaseStartedAt) / 1000
      const rate = seconds > 0 ? Math.round((facts.done - doneBefore) / seconds) : 0
      const left = Math.max(0, facts.total - facts.done)
      return { ...facts, rate, eta: rate > 0 ? Math.ceil(left / rate) : null }
    },
    enter(phase, { total = 0, itemsTotal = 0 } = {}) {
      phaseStartedAt = clock.now()
      doneBefore = 0
      change({ phase, total, itemsTotal, done: 0, itemsDone: 0, current: '' })
    },
    reach(reached) {
      change(reached)
    },
    add(bytes) {
      change({ done: facts.done + bytes })
    },
    finished(current) {
      change({ itemsDone: facts.itemsDone + 1, current })
    },
  }
}
