import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { contentHoldPrefix } from '../../work/content-hold.ts'
import { createLease } from '../../work/lease.ts'

const renewEveryMs = 10_000

/** Runs a piece of work while no collector takes content away. */
export async function whileContentStays<T>(
  { db, clock, random }: { db: Db; clock: Clock; random: Random },
  work: (hold: { requireSafe(): void }) => Promise<T>,
): Promise<T> {
  const name = `${contentHoldPrefix}${random.uuid()}`
  const lease = createLease({ db, clock, name, holder: 'bundles' })
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
  try {
    return await work({
      requireSafe() {
        if (isLost || !lease.isSafe()) {
          throw new Error(
            'The database did not answer for so long that content may be gone. Resume the job.',
          )
        }
      },
    })
  } finally {
    clearInterval(timer)
    await lease.release()
  }
}
