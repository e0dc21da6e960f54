import type { Db } from '../db/tables.ts'
import type { Instant } from '../platform/clock.ts'
import { leaseStore } from './lease-store.ts'

/** Leases whose holders read content that must stay until they are done. */
export const contentHoldPrefix = 'content-hold:'

/** Whether somebody relies on content not going away now. */
export function isContentHeld(db: Db, now: Instant): Promise<boolean> {
  return leaseStore(db).isAnyTaken(contentHoldPrefix, now)
}
