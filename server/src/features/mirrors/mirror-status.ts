import type { Instant } from '../../platform/clock.ts'
import { isOpen, nextOf, opensAt, type Moment, type Window } from '../../platform/calendar.ts'

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
  /** Instead of the interval, unless it is empty. */
  readonly calendar?: readonly Moment[]
  readonly windows?: readonly Window[]
}

/** The next time after now that keeps the phase of the schedule; one that lies ahead stays. */
export function nextSlot(schedule: Schedule, now: Instant): Instant {
  const { startAt, windows = [] } = schedule
  const slot = startAt !== null && startAt > now ? startAt : slotAfter(schedule, now)
  return isOpen(windows, slot) ? slot : opensAt(windows, slot)
}

function slotAfter({ startAt, intervalMs, calendar = [] }: Schedule, now: Instant): Instant {
  if (calendar.length > 0) return nextOf(calendar, now)
  if (intervalMs <= 0) return now
  return now + intervalMs - ((now - (startAt ?? now)) % intervalMs)
}

export interface Standing extends Schedule {
  readonly retries: number
  /** It has been in step once. */
  readonly hasSucceeded?: boolean
}

export type Ending = 'success' | 'failure' | 'cancelled'
/** `interrupted`: its window closed, and the next one goes on with it. */
export type MirrorEnding = Ending | 'interrupted'

export interface Released {
  readonly status: SyncStatus
  readonly retries: number
  readonly startAt: Instant | null
}

/** What is left of a mirror when its run has ended (engines, 7.2). */
export function releasedAfter(ending: MirrorEnding, standing: Standing, now: Instant): Released {
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
    case 'interrupted':
      return {
        status: standing.hasSucceeded === true ? syncStatus.success : syncStatus.neverRun,
        retries: standing.retries,
        startAt: opensAt(standing.windows ?? [], now),
      }
  }
}
