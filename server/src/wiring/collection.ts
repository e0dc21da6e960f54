import { createCollector } from '../features/gc/collector.ts'
import { collectionMetrics } from '../features/gc/collection-metrics.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { createQuotaAccounting } from '../features/quota/quota-accounting-service.ts'
import { createLease, underLease, type Lease } from '../work/lease.ts'
import { Worker } from '../work/worker.ts'
import type { Parts } from '../wiring.ts'

/** The right to collect, which the server and `mooring gc` take from each other. */
export function collectionLease({
  database,
  clock,
  random,
}: Pick<Parts, 'database' | 'clock' | 'random'>): Lease {
  return createLease({
    db: database.db,
    clock,
    name: 'garbage-collection',
    holder: random.uuid(),
  })
}

/** The garbage collector of a running server; a registry that takes no writes keeps everything. */
export function wireCollection(parts: Parts, metrics: Metrics): { workers: readonly Worker[] } {
  const { config, log } = parts
  const tally = collectionMetrics(metrics.registry)
  if (config.registryState === 'readonly' || config.disablePushes) return { workers: [] }
  const lease = collectionLease(parts)
  const quota = createQuotaAccounting(parts)
  const collector = createCollector({ ...parts, lease, tally, quota })
  const worker = new Worker({
    name: 'garbage-collection',
    step: underLease(lease, collector.step),
    everyMs: config.collection.everyMs,
    log,
    // Without a database it runs out by itself.
    stopped: () => lease.release().catch(() => undefined),
  })
  return { workers: [worker] }
}
