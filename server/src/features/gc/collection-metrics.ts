import { Counter, type Registry } from 'prom-client'

import type { Tally } from './tally.ts'

/** What the collector has done, under Quay's names (metrics.tsv). */
export function collectionMetrics(registry: Registry): Tally {
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const iterations = counter('quay_gc_iterations_total', 'number of iterations by the GCWorker')
  const rowsDeleted = new Counter({
    name: 'quay_gc_table_rows_deleted_total',
    help: 'number of table rows deleted by the GCWorker',
    labelNames: ['table'],
    registers,
  })
  const blobsDeleted = counter(
    'quay_gc_storage_blobs_deleted_total',
    'number of storage blobs deleted',
  )
  const repositoriesPurged = counter(
    'quay_gc_repos_purged_total',
    'number of repositories purged by the RepositoryGCWorker or NamespaceGCWorker',
  )
  const namespacesPurged = counter(
    'quay_gc_namespaces_purged_total',
    'number of namespaces purged by the NamespaceGCWorker',
  )
  return {
    rows: (table, count) => {
      rowsDeleted.inc({ table }, count)
    },
    blobRemoved: () => {
      blobsDeleted.inc()
    },
    repositoryCollected: () => {
      iterations.inc()
    },
    repositoryPurged: () => {
      repositoriesPurged.inc()
    },
    namespacePurged: () => {
      namespacesPurged.inc()
    },
  }
}
