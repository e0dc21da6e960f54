import type { LastResult } from '../../backup/backup-state.ts'
import type { Instant } from '../../platform/clock.ts'

const retryAfterMs = 900_000

/** Whether the next backup is to be made now; one that failed is tried again a while later. */
export function isBackupDue(
  result: LastResult | undefined,
  everyMs: number,
  now: Instant,
): boolean {
  const { lastSuccessAt = null, lastFailureAt = null } = result ?? {}
  if (lastSuccessAt !== null && now - lastSuccessAt < everyMs) return false
  return lastFailureAt === null || now - lastFailureAt >= Math.min(retryAfterMs, everyMs)
}

/** Whether somebody should look why there is none: two were due and neither was made. */
export function isBackupOverdue(
  result: LastResult | undefined,
  since: Instant,
  everyMs: number,
  now: Instant,
): boolean {
  return now - (result?.lastSuccessAt ?? since) > 2 * everyMs
}
