import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Step } from '../../work/worker.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import type { LogExportFiles } from './log-export-file.ts'
import { exportJob, type ExportJob } from './log-export-service.ts'
import { logExportStore, type LogExportRow } from './log-export-store.ts'

/** What becomes of an export; told to the callback and written in the mail. */
export interface ExportReport {
  readonly export_id: string
  readonly start_time: string
  readonly end_time: string
  readonly namespace: string
  readonly repository: string | null
  readonly exported_data_url: string | null
  readonly status: 'success' | 'failed' | 'timedout'
}

/** Mails a report; absent while the server sends no mail. */
export type MailExportReport = (to: string, report: ExportReport) => Promise<void>

const retryAfterMs = 60_000
const longestMs = 7_200_000

/** Carries out the exports of the action log that are due, and removes the files of old ones. */
export function runLogExports({
  db,
  clock,
  log,
  files,
  outgoing,
  mail,
  config,
}: {
  db: Db
  clock: Clock
  log: Logger
  files: LogExportFiles
  outgoing: Pick<OutgoingService, 'check' | 'postJson'>
  mail: MailExportReport | undefined
  config: Pick<Config, 'logs' | 'urlScheme' | 'serverHostname'>
}): Step {
  const store = logExportStore(db)

  async function report(
    row: LogExportRow,
    job: ExportJob,
    status: ExportReport['status'],
    stopping: AbortSignal | undefined,
  ): Promise<void> {
    const { start_time, end_time, namespace, repository, callback_url, callback_email } = job
    const url = `${config.urlScheme}://${config.serverHostname}/exportedlogs/${row.file_id}`
    const told: ExportReport = {
      ...{ export_id: row.uuid, start_time, end_time, namespace, repository },
      exported_data_url: status === 'success' ? url : null,
      status,
    }
    if (callback_url !== null) {
      const answer = await outgoing.postJson(callback_url, told, stopping)
      if (answer !== 200) throw new Error(`the callback answered ${String(answer)}`)
    }
    if (callback_email === null) return
    if (mail) await mail(callback_email, told)
    else log.warn({ exportId: row.uuid }, 'log export not mailed: mail is off')
  }

  async function attempt(row: LogExportRow, stopping: AbortSignal | undefined): Promise<void> {
    const job = exportJob.parse(JSON.parse(row.request_json))
    const late = AbortSignal.timeout(longestMs)
    const signal = stopping ? AbortSignal.any([stopping, late]) : late
    try {
      if (!(await files.has(row.file_id))) await files.write(row.file_id, row.uuid, job, signal)
    } catch (error) {
      if (stopping?.aborted || (row.attempts_left > 1 && !late.aborted)) throw error
      log.warn({ err: error, exportId: row.uuid }, 'log export failed')
      await report(row, job, late.aborted ? 'timedout' : 'failed', stopping)
      return
    }
    await report(row, job, 'success', stopping)
    log.info({ exportId: row.uuid, namespace: job.namespace }, 'log export finished')
  }

  /** The file before the row, so that none is ever left without one. */
  async function forget(row: LogExportRow): Promise<void> {
    await files.remove(row.file_id)
    await store.delete(row.id)
  }

  return async (stopping) => {
    const row = await store.findDue(clock.now())
    if (row === undefined) return 'idle'
    if (row.finished_at !== null || row.attempts_left <= 0) {
      await forget(row)
      return 'more'
    }
    if (!(await store.claim(row, clock.now() + longestMs + retryAfterMs))) return 'more'
    try {
      await attempt(row, stopping)
      const now = clock.now()
      await store.finish(row.id, now, now + config.logs.exportLifeMs)
    } catch (error) {
      const isStopped = stopping?.aborted === true
      if (!isStopped) log.warn({ err: error, exportId: row.uuid }, 'log export will be tried again')
      const at = clock.now() + (isStopped ? 0 : retryAfterMs)
      await store.retry(row.id, at, isStopped ? row.attempts_left : row.attempts_left - 1)
    }
    return stopping?.aborted ? 'idle' : 'more'
  }
}
