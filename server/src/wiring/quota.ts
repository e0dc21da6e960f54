import { createQuotaBackfill } from '../features/quota/quota-backfill.ts'
import type { Parts } from '../wiring.ts'
import { createLease, underLease } from '../work/lease.ts'
import { Worker } from '../work/worker.ts'

/** Counts the sizes of what is there already; by one server at a time. */
export function wireQuota({ config, database, clock, random, log }: Parts): {
  workers: readonly Worker[]
} {
  const { backfill: isWanted, backfillDelayMs, backfillEveryMs, backfillBatchSize } = config.quota
  if (!config.features.quotaManagement || !isWanted || config.registryState === 'readonly') {
    return { workers: [] }
  }
  const backfill = createQuotaBackfill({
    ...{ database, clock, delayMs: backfillDelayMs, scopesAtOnce: backfillBatchSize },
  })
  const lease = createLease({
    ...{ db: database.db, clock, name: 'quota-backfill', holder: random.uuid() },
  })
  const count = underLease(lease, backfill.step)
  return {
    workers: [
      new Worker({
        name: 'quota-backfill',
        // A lease is written down, so it is asked for only when there is something to do.
        step: async (stopping) => ((await backfill.prepare()) ? count(stopping) : 'idle'),
        everyMs: backfillEveryMs,
        log,
        stopped: () => lease.release().catch(() => undefined),
        pausing: 'at-once',
      }),
    ],
  }
}
