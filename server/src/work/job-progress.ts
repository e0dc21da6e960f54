import type { Instant } from '../platform/clock.ts'

/** How far a long piece of work has come; the same for every kind of job. */
export interface JobProgress<Phase extends string> {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly phase: Phase
  readonly done: number
  readonly total: number
  readonly unit: 'bytes'
  readonly itemsDone: number
  readonly itemsTotal: number
  readonly current: string
  /** Units in a second. */
  readonly rate: number
  /** Seconds that are left; null while nobody can tell. */
  readonly eta: number | null
  readonly startedAt: Instant
  readonly errors: readonly string[]
}
