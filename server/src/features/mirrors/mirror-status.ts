import type { Instant } from '../../platform/clock.ts'

/** As Quay keeps them (engines, 7.2). */
export const syncStatus = {
  cancelled: -2,
  failed: -1,
  neverRun: 0,
  success: 1,
  syncing: 2,
  requested: 3,
} as const

export type SyncStatus = (typeof syncStatus)[keyof typeof syncStatus]

const names = {
  [-2]: 'CANCEL',
  [-1]: 'FAIL',
  0: 'NEVER_RUN',
  1: 'SUCCESS',
  2: 'SYNCING',
  3: 'SYNC_NOW',
} as const satisfies Record<SyncStatus, string>

export type SyncStatusName = (typeof names)[SyncStatus]

export const statusName = (status: SyncStatus): SyncStatusName => names[status]

/** Failures in a row after which a mirror waits for its next slot. */
export const usualRetries = 3

export interface Schedule {
  readonly startAt: Instant | null
  readonly intervalMs: number
}

/** The next time after now that keeps the phase of the schedule; one that lies ahead stays. */
export function nextSlot({ startAt, intervalMs }: Schedule, now: Instant): Instant {
  const start = startAt ?? now
  if (start > now) return start
  if (intervalMs <= 0) return now
  return now + intervalMs - ((now - start) % intervalMs)
}

export interface Standing extends Schedule {
  readonly retries: number
}

export type Ending = 'success' | 'failure' | 'cancelled'

export interface Released {
  readonly status: SyncStatus
  readonly retries: number
  readonly startAt: Instant | null
}

/** What is left of a mirror when its run has ended (engines, 7.2). */
export function releasedAfter(ending: Ending, standing: Standing, now: Instant): Released {
  const { startAt } = standing
  switch (ending) {
    case 'success':
      return {
        status: syncStatus.success,
        retries: usualRetries,
        startAt: nextSlot(standing, now),
      }
    case 'failure': {
      const retries = standing.retries - 1
      return retries > 0
        ? { status: syncStatus.failed, retries, startAt: startAt ?? now }
        : { status: syncStatus.failed, retries: usualRetries, startAt: nextSlot(standing, now) }
    }
    case 'cancelled':
      return { status: syncStatus.cancelled, retries: 0, startAt: null }
  }
}
