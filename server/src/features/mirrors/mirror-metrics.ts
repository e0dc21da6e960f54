import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

import type { Instant } from '../../platform/clock.ts'
import type { FailureCode } from './mirror-failure.ts'

export type MirrorMetrics = ReturnType<typeof createMirrorMetrics>

interface Where {
  readonly namespace: string
  readonly repository: string
}

/** What the metrics call those that they have no word for. */
const reasons: Partial<Record<FailureCode, string>> = {
  rate_limited: 'connection_error',
  name_unknown: 'connection_error',
  cancelled: 'preempted',
}
const known = new Set([
  ...['auth_failed', 'network_timeout', 'connection_error', 'not_found', 'tls_error'],
  ...['decryption_failed', 'preempted', 'invalid_source_registry'],
])

function reasonOf(code: FailureCode): string {
  const reason = reasons[code] ?? code
  return known.has(reason) ? reason : 'unknown_error'
}

/** The metrics of mirroring under Quay's names (metrics.tsv). */
export function createMirrorMetrics(registry: Registry) {
  const registers = [registry]
  const labelNames = ['namespace', 'repository'] as const
  const unmirrored = new Gauge({
    name: 'quay_repository_rows_unmirrored',
    help: 'number of repositories in the database that have not yet been mirrored',
    registers,
  })
  const pending = new Gauge({
    name: 'quay_repository_mirror_pending_tags',
    help: 'tags that are still to be copied',
    labelNames,
    registers,
  })
  const status = new Gauge({
    name: 'quay_repository_mirror_last_sync_status',
    help: 'how the last sync went: 0 failed, 1 success, 2 in progress',
    labelNames: ['namespace', 'repository', 'last_error_reason'],
    registers,
  })
  const complete = new Gauge({
    name: 'quay_repository_mirror_sync_complete',
    help: '1 when every tag of the last sync was copied',
    labelNames,
    registers,
  })
  const failures = new Counter({
    name: 'quay_repository_mirror_sync_failures_total',
    help: 'number of syncs that failed',
    labelNames: ['namespace', 'reason'],
    registers,
  })
  const startedAt = new Gauge({
    name: 'quay_repository_mirror_last_sync_timestamp',
    help: 'when the last sync was begun',
    labelNames,
    registers,
  })
  const duration = new Histogram({
    name: 'quay_repository_mirror_sync_duration_seconds',
    help: 'seconds that a sync took',
    labelNames: ['namespace'],
    buckets: [60, 300, 900, 3_600],
    registers,
  })
  const workers = new Gauge({
    name: 'quay_repository_mirror_workers_active',
    help: '1 while mirrors are looked after here',
    registers,
  })
  /** The series with the reason of the last failure, which the next success takes away. */
  const failed = new Map<string, string>()

  function forgetReason(where: Where): void {
    const key = `${where.namespace}/${where.repository}`
    const reason = failed.get(key)
    if (reason === undefined) return
    status.remove({ ...where, last_error_reason: reason })
    failed.delete(key)
  }

  return {
    works(isActive: boolean): void {
      workers.set(isActive ? 1 : 0)
    },

    due(count: number): void {
      unmirrored.set(count)
    },

    started(where: Where, at: Instant): void {
      startedAt.set({ ...where }, at / 1_000)
      status.set({ ...where, last_error_reason: '' }, 2)
    },

    pending(where: Where, count: number): void {
      pending.set({ ...where }, count)
    },

    ended(
      where: Where,
      { isComplete, code, seconds }: { isComplete: boolean; code?: FailureCode; seconds: number },
    ): void {
      forgetReason(where)
      pending.set({ ...where }, 0)
      complete.set({ ...where }, isComplete ? 1 : 0)
      status.set({ ...where, last_error_reason: '' }, code === undefined ? 1 : 0)
      duration.observe({ namespace: where.namespace }, seconds)
      if (code === undefined) return
      const reason = reasonOf(code)
      status.set({ ...where, last_error_reason: reason }, 0)
      failed.set(`${where.namespace}/${where.repository}`, reason)
      failures.inc({ namespace: where.namespace, reason })
    },
  }
}
