import { backupState } from '../../backup/backup-state.ts'
import { splitAddress } from '../../backup/backup-manifest.ts'
import type { Progress } from '../../backup/progress.ts'
import type { BackupRun, RunBackup } from '../../backup/run-backup.ts'
import type { Config } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import { isBackupDue, isBackupOverdue } from './backup-schedule.ts'

export interface BackupJob {
  readonly id: string
  readonly target: string
  readonly progress: Progress
  readonly backupId: string | null
}

interface OwnJob {
  job: BackupJob
  readonly run: BackupRun
  readonly ended: Promise<void>
}

const jobsKept = 10

export type BackupJobs = ReturnType<typeof createBackupJobs>

/** The backups that the server makes: by itself, or when a superuser asks for one. */
export function createBackupJobs({
  config,
  clock,
  random,
  log,
  run,
}: {
  readonly config: Pick<Config, 'dataDir' | 'configDir' | 'backups'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly run: RunBackup
}) {
  const { dataDir, configDir, backups } = config
  const state = backupState(dataDir)
  const jobs = new Map<string, OwnJob>()
  /** As results are filed: without what follows a question mark. */
  const title = backups === undefined ? '' : titleOf(backups.target)
  let current: OwnJob | undefined
  let latest: OwnJob | undefined

  function start(): OwnJob {
    if (backups === undefined) {
      throw new Problem('rule-violated', { message: 'No backup target is configured' })
    }
    if (current !== undefined) {
      throw new Problem('rule-violated', { message: 'A backup is running already' })
    }
    const startedAt = clock.now()
    const first: BackupJob = {
      id: random.uuid(),
      target: title,
      backupId: null,
      progress: {
        ...{ state: 'running', phase: 'preparing', unit: 'bytes', current: '', rate: 0 },
        ...{ done: 0, total: 0, itemsDone: 0, itemsTotal: 0, eta: null, startedAt, errors: [] },
      },
    }
    const running = run({ dataDir, configDir, ...backups }, (progress) => {
      own.job = { ...own.job, progress }
    })
    const own: OwnJob = { job: first, run: running, ended: finish(running) }
    async function finish({ done }: BackupRun): Promise<void> {
      const result = await done
      const { progress } = own.job
      if ('failure' in result) {
        const errors = [...progress.errors, result.failure]
        const how = result.isCancelled ? 'cancelled' : 'failed'
        own.job = { ...own.job, progress: { ...progress, state: how, errors } }
        log.warn({ target: title, failure: result.failure }, 'backup not made')
        await state.failed(title, clock.now(), result.failure)
      } else {
        const { id, content } = result.manifest
        own.job = { ...own.job, backupId: id, progress: { ...progress, state: 'done' } }
        log.info({ target: title, backup: id, newBytes: content?.newBytes }, 'backup made')
        await state.succeeded(title, result.manifest)
      }
      current = undefined
    }
    current = own
    latest = own
    jobs.set(first.id, own)
    for (const id of jobs.keys()) if (jobs.size > jobsKept) jobs.delete(id)
    return own
  }

  async function lastResult() {
    const { since, targets } = await state.read(clock.now())
    return { since, result: targets[title] }
  }

  return {
    start: (): BackupJob => start().job,

    find: (id: string): BackupJob | undefined => jobs.get(id)?.job,

    current: (): BackupJob | undefined => current?.job,

    /** Also when it has ended. */
    latest: (): BackupJob | undefined => latest?.job,

    /** @returns whether there is such a job. */
    cancel(id: string): boolean {
      const own = jobs.get(id)
      if (own === current) own?.run.cancel()
      return own !== undefined
    },

    /** Undefined where the server makes none. */
    async report() {
      if (backups === undefined) return undefined
      const { since, result } = await lastResult()
      const overdue = isBackupOverdue(result, since, backups.everyMs, clock.now())
      return { ...backups, target: title, result, overdue }
    },

    /** Makes a backup when one is due, and waits for its end. */
    step: (async (stopping) => {
      if (backups === undefined || current !== undefined) return 'idle'
      await state.watch(clock.now())
      if (!isBackupDue((await lastResult()).result, backups.everyMs, clock.now())) return 'idle'
      const own = start()
      const cancel = () => {
        own.run.cancel()
      }
      stopping?.addEventListener('abort', cancel, { once: true })
      await own.ended.finally(() => stopping?.removeEventListener('abort', cancel))
      return 'idle'
    }) satisfies Step,

    /** Ends what runs. */
    async close(): Promise<void> {
      current?.run.cancel()
      await current?.ended
    },
  }
}

function titleOf(address: string): string {
  const { target } = splitAddress(address)
  return target.split('?', 1)[0] ?? target
}
