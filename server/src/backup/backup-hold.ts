import type { Db } from '../db/tables.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { contentHoldPrefix } from '../work/content-hold.ts'
import { createLease } from '../work/lease.ts'
import { BackupError } from './backup-codes.ts'

const renewEveryMs = 10_000

export interface BackupHold {
  /** @throws BackupError when content may have been removed meanwhile. */
  requireSafe(): void
  release(): Promise<void>
}

/** While it is held no collector takes content away, so what a snapshot refers to can be copied. */
export async function holdContent({
  db,
  clock,
  random,
}: {
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
}): Promise<BackupHold> {
  const name = `${contentHoldPrefix}${random.uuid()}`
  const lease = createLease({ db, clock, name, holder: 'backup' })
  let isLost = !(await lease.hold())
  const renew = async () => {
    // One that ran out and is taken again was free for a while.
    if (!lease.isSafe()) isLost = true
    else await lease.hold()
  }
  const timer = setInterval(() => {
    renew().catch(() => undefined)
  }, renewEveryMs)
  timer.unref()
  return {
    requireSafe() {
      if (isLost || !lease.isSafe()) throw new BackupError('MOOR-BAK-009')
    },
    async release() {
      clearInterval(timer)
      await lease.release()
    },
  }
}
