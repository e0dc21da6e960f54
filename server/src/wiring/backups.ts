import { runBackup } from '../backup/run-backup.ts'
import { backupApi } from '../features/backups/backup-api.ts'
import { createBackupJobs, type BackupJobs } from '../features/backups/backup-job-service.ts'
import { backupMetrics } from '../features/backups/backup-metrics.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

const lookEveryMs = 60_000

/** Backups that the server makes, and whether one is overdue. */
export function wireBackups({ parts, metrics }: Foundation) {
  const { config, clock, random, log } = parts
  const jobs = createBackupJobs({ config, clock, random, log, run: runBackup })
  if (config.backups !== undefined) backupMetrics(metrics.registry, jobs, clock)
  const worker = new Worker({
    name: 'backup',
    step: jobs.step,
    everyMs: lookEveryMs,
    log,
    stopped: () => jobs.close(),
    // One that was broken off would count as failed.
    pausing: 'after-batch',
  })
  return {
    jobs,
    routes: backupApi({ jobs }),
    workers: [worker],
    warnings: async (): Promise<Readonly<Record<string, boolean>>> => {
      const report = await jobs.report()
      return report === undefined ? {} : { backup: !report.overdue }
    },
  } satisfies Area & {
    jobs: BackupJobs
    warnings: () => Promise<Readonly<Record<string, boolean>>>
  }
}
