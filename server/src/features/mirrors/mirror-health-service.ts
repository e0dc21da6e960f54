import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { leaseStore } from '../../work/lease-store.ts'
import { mirrorListStore } from './mirror-list-store.ts'
import { mirrorRunStore } from './mirror-run-store.ts'
import { statusName, syncStatus } from './mirror-status.ts'
import { workerPrefix } from './mirror-workers.ts'

export type MirrorHealthService = ReturnType<typeof createMirrorHealth>

export interface Issue {
  readonly severity: 'critical' | 'error' | 'warning'
  readonly message: string
}

const dayMs = 24 * 3_600_000
const samples = 5
const mostFailing = 0.2

/** Whether mirroring works (engines, 7.5). */
export function createMirrorHealth({
  db,
  clock,
  config,
}: {
  db: Db
  clock: Clock
  config: Pick<Config, 'mirrors'>
}) {
  const mirrors = mirrorListStore(db)

  async function countsOf(namespaceId: number | undefined) {
    const rows = await mirrors.countByStatus(namespaceId)
    const of = (...wanted: readonly number[]) =>
      rows.filter(({ status }) => wanted.includes(status)).reduce((sum, row) => sum + row.count, 0)
    return {
      total: rows.reduce((sum, row) => sum + row.count, 0),
      syncing: of(syncStatus.syncing, syncStatus.requested),
      completed: of(syncStatus.success),
      failed: of(syncStatus.failed),
      never_run: of(syncStatus.neverRun),
    }
  }

  return {
    async report(namespaceId?: number) {
      const now = clock.now()
      const repositories = await countsOf(namespaceId)
      const active = await leaseStore(db).countTaken(workerPrefix, now)
      const configured = config.mirrors.workers ?? active
      const ran = repositories.total - repositories.never_run
      const share = ran === 0 ? 0 : repositories.failed / ran
      const lacksWorkers =
        config.mirrors.workers !== undefined &&
        repositories.total > 0 &&
        active > 0 &&
        active < configured
      const healthy = share <= mostFailing && !lacksWorkers
      const sample = (problem: 'stale' | 'never-run' | 'failed') =>
        mirrors.sample(namespaceId, problem, now - dayMs, samples)
      const issues: Issue[] = [
        ...(await sample('stale')).map((name) => ({
          severity: 'warning' as const,
          message: `Repository ${name} has not been synced in 24 hours`,
        })),
        ...(await sample('never-run')).map((name) => ({
          severity: 'warning' as const,
          message: `Repository ${name} has never been synced`,
        })),
        ...(await sample('failed')).map((name) => ({
          severity: 'error' as const,
          message: `Repository ${name} has exhausted its retries`,
        })),
      ]
      if (share > mostFailing) {
        const message = `${String(Math.round(share * 100))}% of the mirrored repositories are failing`
        issues.push({ severity: 'critical', message })
      }
      if (lacksWorkers) {
        const message = `Only ${String(active)} of ${String(configured)} mirror workers are active`
        issues.push({ severity: 'warning', message })
      }
      return {
        healthy,
        workers: {
          active,
          configured,
          status: healthy ? ('healthy' as const) : ('degraded' as const),
        },
        repositories,
        tagsPending: await mirrorRunStore(db).countPending(),
        checkedAt: now,
        issues,
      }
    },

    async details(namespaceId: number | undefined, offset: number, limit: number) {
      const rows = await mirrors.pageOfHealth(namespaceId, { offset, limit: limit + 1 })
      return {
        hasMore: rows.length > limit,
        rows: rows.slice(0, limit).map((row) => ({
          fullName: row.full_name,
          status: statusName(row.status),
          isEnabled: row.is_enabled === 1,
          lastSyncAt: row.last_started_at satisfies Instant | null,
          retries: row.retries,
        })),
      }
    },
  }
}
