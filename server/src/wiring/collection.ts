import type { Config } from '../config/config.ts'
import { createCollector } from '../features/gc/collector.ts'
import { collectionMetrics } from '../features/gc/collection-metrics.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { createQuotaAccounting } from '../features/quota/quota-accounting-service.ts'
import { collectionLeaseName, createLease, type Lease } from '../work/lease.ts'
import { Worker } from '../work/worker.ts'
import type { Parts } from '../wiring.ts'
import type { Live } from './live.ts'

export function collectionLease(
  { database, clock, random }: Pick<Parts, 'database' | 'clock' | 'random'>,
  holder = random.uuid(),
): Lease {
  return createLease({ db: database.db, clock, name: collectionLeaseName, holder })
}

/**
 * A data directory has one server at a time, so one that starts takes up what the last one held: what
 * was being removed when it crashed is waited for by whoever brings the same content.
 */
const serverOf = ({ database: { dialect }, random }: Pick<Parts, 'database' | 'random'>): string =>
  dialect === 'sqlite' ? 'server' : random.uuid()

/** The switches of the configuration are about what the server does by itself. */
export function collectsEverything(config: Config): Config {
  const features = {
    ...config.features,
    garbageCollection: true,
    repositoryGarbageCollection: true,
    namespaceGarbageCollection: true,
  }
  return { ...config, features }
}

/** The garbage collector of a running server; a registry that takes no writes keeps everything. */
export function wireCollection(
  parts: Parts,
  metrics: Metrics,
  { collection }: Live,
): { workers: readonly Worker[] } {
  const { config, log } = parts
  const tally = collection.tally(collectionMetrics(metrics.registry))
  if (config.registryState === 'readonly' || config.disablePushes) return { workers: [] }
  const lease = collectionLease(parts, serverOf(parts))
  const quota = createQuotaAccounting(parts)
  const shared = { ...parts, lease, tally, quota }
  const usual = createCollector(shared)
  const all = createCollector({ ...shared, config: collectsEverything(config) })
  const worker = new Worker({
    name: 'garbage-collection',
    step: collection.step({ lease, usual, all }),
    everyMs: config.collection.everyMs,
    log,
    // Without a database it runs out by itself.
    stopped: () => lease.release().catch(() => undefined),
    pausing: 'at-once',
  })
  collection.attach(worker)
  return { workers: [worker] }
}
