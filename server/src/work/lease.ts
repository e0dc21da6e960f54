import type { Db } from '../db/tables.ts'
import type { Clock, Instant } from '../platform/clock.ts'
import { leaseStore } from './lease-store.ts'
import type { Step } from './worker.ts'

/** The right to take content away, which the server and `mooring gc` take from each other. */
export const collectionLeaseName = 'garbage-collection'

const lifeMs = 60_000
/** What is left of a lease when its holder no longer relies on it. */
const marginMs = 20_000

export type Lease = ReturnType<typeof createLease>

/**
 * The right to be the only one who does something, among all processes on one database. It runs out
 * when its holder neither renews nor releases it, because it crashed, say.
 */
export function createLease({
  db,
  clock,
  name,
  holder,
}: {
  db: Db
  clock: Clock
  name: string
  /** Differs from that of every other process. */
  holder: string
}) {
  const leases = leaseStore(db)
  let safeUntil: Instant = -Infinity
  let isInherited = false

  return {
    /** Takes or renews it. */
    async hold(): Promise<boolean> {
      const now = clock.now()
      const before = now < safeUntil ? holder : await leases.findHolder(name)
      const isHeld = await leases.take({ name, holder, expires_at: now + lifeMs }, now)
      safeUntil = isHeld ? now + lifeMs - marginMs : -Infinity
      // What is released leaves nothing behind.
      isInherited ||= isHeld && before !== undefined && before !== holder
      return isHeld
    },

    /** Told once: who held it before never gave it back, and may have left something half done. */
    takeInheritance(): boolean {
      const was = isInherited
      isInherited = false
      return was
    },

    /** Whether nobody else can have taken it yet; asked right before what must not be done twice. */
    isSafe: (): boolean => clock.now() < safeUntil,

    async release(): Promise<void> {
      safeUntil = -Infinity
      await leases.release(name, holder)
    },
  }
}

/** The step, run only by who holds the lease; given back whenever there is nothing left to do. */
export function underLease(lease: Lease, step: Step): Step {
  return async (stopping) => {
    if (!(await lease.hold())) return 'idle'
    const found = await step(stopping)
    if (found === 'idle') await lease.release()
    return found
  }
}
