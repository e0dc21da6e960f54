import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../platform/clock.ts'
import type { BackupJobs } from './backup-job-service.ts'

type Report = NonNullable<Awaited<ReturnType<BackupJobs['report']>>>

/** How the last backup went, as far as there was one. */
export function backupMetrics(registry: Registry, jobs: BackupJobs, clock: Clock): void {
  const gauge = (name: string, help: string, read: (report: Report) => number | null) =>
    new Gauge({
      name: `mooring_backup_${name}`,
      help,
      registers: [registry],
      async collect() {
        const report = await jobs.report()
        const value = report === undefined ? null : read(report)
        if (value === null) this.reset()
        else this.set(value)
      },
    })
  gauge('last_success_timestamp_seconds', 'when the last backup was complete', ({ result }) =>
    inSeconds(result?.lastSuccessAt),
  )
  gauge('age_seconds', 'age of the last backup', ({ result }) => {
    const at = inSeconds(result?.lastSuccessAt)
    return at === null ? null : clock.now() / 1000 - at
  })
  gauge('last_duration_seconds', 'how long the last backup took', ({ result }) =>
    inSeconds(result?.lastDurationMs),
  )
  gauge('last_new_bytes', 'content that the last backup added', ({ result }) => {
    return result?.lastNewBytes ?? null
  })
  gauge('overdue', '1 when two backups in a row were not made', ({ overdue }) => Number(overdue))
}

function inSeconds(milliseconds: number | null | undefined): number | null {
  return milliseconds === null || milliseconds === undefined ? null : milliseconds / 1000
}
