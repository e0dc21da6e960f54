import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { isProblem, messageOf } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import { accountStore } from '../accounts/account-store.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import type { JobFact } from './bundle-job.ts'
import type { BundleJobs } from './bundle-job-service.ts'
import type { BundleJobRow } from './bundle-job-store.ts'
import { nothingChanged } from './plan-service.ts'
import { calendarOf, nextTime, notePath, type SavedSelections } from './saved-selection-service.ts'
import { selectionStore, type SelectionRow } from './selection-store.ts'

const selectionsAtOnce = 20

/** Runs selections at their times, and tells the people in charge of those that failed. */
export function createSelectionSchedule({
  db,
  clock,
  log,
  jobs,
  selections,
  notifications,
  owner,
  config,
}: {
  db: Db
  clock: Clock
  log: Logger
  jobs: Pick<BundleJobs, 'cancel' | 'listByIds'>
  selections: Pick<SavedSelections, 'begin'>
  notifications: Pick<NotificationService, 'notify' | 'withdraw'>
  owner: string
  config: Pick<Config, 'superUsers'>
}) {
  const store = selectionStore(db)

  /** Superusers, and who saved it; only the latest failure of a selection is told. */
  async function tell(tx: Db, row: SelectionRow, message: string): Promise<void> {
    await notifications.withdraw(tx, notePath(row.id))
    const names = new Set([...config.superUsers, ...(row.by_name === null ? [] : [row.by_name])])
    for (const name of names) {
      const account = await accountStore(tx).find(name)
      if (account?.organization !== 0 || account.robot === 1) continue
      await notifications.notify(tx, {
        kind: 'bundle_export_failed',
        targetId: account.id,
        metadata: { selection: row.name, selection_id: row.id, message },
        lookupPath: `${notePath(row.id)}${String(account.id)}`,
      })
    }
  }

  async function conclude(row: SelectionRow, job: BundleJobRow | undefined): Promise<void> {
    const isOver = job === undefined || ['done', 'failed', 'cancelled'].includes(job.state)
    if (!isOver) return
    await db.transaction().execute(async (tx) => {
      await selectionStore(tx).update(row.id, { watched_job_id: null })
      const message = job?.state === 'failed' ? messageIn(job) : undefined
      const isWell = job?.state === 'done' || message === nothingChanged
      if (message !== undefined && !isWell) await tell(tx, row, message)
      if (isWell) await notifications.withdraw(tx, notePath(row.id))
    })
  }

  async function fail(row: SelectionRow, message: string): Promise<void> {
    log.warn({ selection: row.id, message }, 'bundle not begun at its time')
    await db.transaction().execute(async (tx) => {
      await selectionStore(tx).update(row.id, { problem: message })
      await tell(tx, row, message)
    })
  }

  async function beginDue(row: SelectionRow): Promise<void> {
    const next = nextTime(calendarOf(row), clock.now())
    if (row.next_at === null || next === null) return
    if (!(await store.claimTime(row.id, row.next_at, next))) return
    try {
      // What the last one left of a bundle that failed is in the way of this one.
      const [last] = row.last_job_id === null ? [] : await jobs.listByIds([row.last_job_id])
      if (last?.state === 'failed') await jobs.cancel(last.id)
      const { id } = await selections.begin(row, row.by_name, { isWatched: true })
      log.info({ selection: row.id, job: id }, 'bundle begun at its time')
    } catch (error) {
      if (!isProblem(error)) throw error
      await fail(row, messageOf(error, error.code))
    }
  }

  return {
    step: (async (stopping) => {
      const watched = await store.listWatched(owner, selectionsAtOnce)
      const found = await jobs.listByIds(watched.flatMap(({ watched_job_id: id }) => id ?? []))
      for (const row of watched) {
        await conclude(
          row,
          found.find(({ id }) => id === row.watched_job_id),
        )
      }
      const due = await store.listDue(owner, clock.now(), selectionsAtOnce)
      for (const row of due) {
        if (stopping?.aborted === true) return 'idle'
        await beginDue(row)
      }
      return due.length === selectionsAtOnce ? 'more' : 'idle'
    }) satisfies Step,
  }
}

function messageIn({ error_json }: BundleJobRow): string {
  return error_json === null ? '' : (JSON.parse(error_json) as JobFact).message
}
