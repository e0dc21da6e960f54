import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { Step } from '../../work/worker.ts'
import { deliveryStore, type DeliveryRow } from './delivery-store.ts'
import type { Deliver } from './delivery-service.ts'

const batchSize = 64
const atOnce = 16
/** Then others have their turn. */
const turnMs = 10_000

/**
 * Delivers what is due. A notification gets its deliveries one after the other, and a receiver that
 * takes its time holds nobody up but itself.
 */
export function createDeliveryWork({
  db,
  clock,
  elapsed,
  deliver,
  isResting,
}: {
  db: Db
  clock: Clock
  elapsed: () => Stopwatch
  deliver: Deliver
  /** While the registry is read-only, everything waits. */
  isResting: () => boolean
}) {
  const never = new AbortController().signal
  const running = new Map<number, Promise<void>>()

  async function turn(rows: readonly DeliveryRow[], stopping: AbortSignal): Promise<void> {
    const watch = elapsed()
    for (const row of rows) {
      if (stopping.aborted || watch() > turnMs) return
      await deliver(row, stopping)
      // Those that stay in the house wait for nothing but the database.
      await otherWork()
    }
  }

  const step: Step = async (stopping = never) => {
    const failures: unknown[] = []
    for (;;) {
      const mayBegin = failures.length === 0 && !stopping.aborted && !isResting()
      if (mayBegin && running.size < atOnce) {
        const due = await deliveryStore(db).listDue(clock.now(), [...running.keys()], batchSize)
        for (const [id, rows] of Map.groupBy(due, (row) => row.notification_id)) {
          if (running.size >= atOnce) break
          const ended = turn(rows, stopping)
            .catch((error: unknown) => {
              failures.push(error)
            })
            .finally(() => {
              running.delete(id)
            })
          running.set(id, ended)
        }
      }
      if (running.size === 0) break
      await Promise.race(running.values())
    }
    if (failures.length > 0) throw failures[0]
    return 'idle'
  }

  return {
    step,
    /** Notifications that are being served. */
    count: (): number => running.size,
  }
}
