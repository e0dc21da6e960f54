import { cancelBackup, getBackupJob, getBackups, startBackup } from '../../contract/backup.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { BackupJob, BackupJobs } from './backup-job-service.ts'

export function backupApi({ jobs }: { jobs: BackupJobs }): readonly ApiRoute[] {
  return [
    route(getBackups, async () => {
      const report = await jobs.report()
      const job = jobs.latest()
      return {
        targets: report === undefined ? [] : [presentTarget(report)],
        job: job === undefined ? null : presentJob(job),
      }
    }),
    route(startBackup, () => Promise.resolve(presentJob(jobs.start()))),
    route(getBackupJob, ({ params }) => {
      const job = jobs.find(params.job_id)
      if (job === undefined) throw new Problem('not-found')
      return Promise.resolve(presentJob(job))
    }),
    route(cancelBackup, ({ params }) => {
      if (!jobs.cancel(params.job_id)) throw new Problem('not-found')
      return Promise.resolve(undefined)
    }),
  ]
}

function presentJob({ id, target, backupId, progress }: BackupJob) {
  const { startedAt, errors, ...rest } = progress
  return {
    ...{ id, target, backup_id: backupId },
    progress: { ...rest, startedAt: wireDate(startedAt), errors: [...errors] },
  }
}

function presentTarget({
  target,
  everyMs,
  keep,
  passphraseFile,
  overdue,
  result,
}: NonNullable<Awaited<ReturnType<BackupJobs['report']>>>) {
  const seconds = result?.lastDurationMs ?? null
  return {
    target,
    every_seconds: everyMs / 1000,
    keep: keep ?? null,
    encrypted: passphraseFile !== undefined,
    overdue,
    last_success: wireDateOrNull(result?.lastSuccessAt ?? null),
    last_backup_id: result?.lastId ?? null,
    last_duration_seconds: seconds === null ? null : seconds / 1000,
    last_new_bytes: result?.lastNewBytes ?? null,
    last_failure: wireDateOrNull(result?.lastFailureAt ?? null),
    last_failure_reason: result?.lastFailure ?? null,
  }
}
