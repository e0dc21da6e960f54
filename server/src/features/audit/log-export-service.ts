import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem, Problem } from '../../problem.ts'
import { requireEmail } from '../accounts/account-names.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import type { Actor, AuditLog } from './audit-log.ts'
import { dayMs, dayOf, formatLogDay } from './log-day.ts'
import type { LogExportFiles } from './log-export-file.ts'
import { logExportStore } from './log-export-store.ts'
import { parseSpan, type LogPlace, type LogQuery } from './log-service.ts'

export type LogExportService = ReturnType<typeof createLogExportService>

export interface ExportRequest {
  readonly place: Exclude<LogPlace, { kind: 'everything' }>
  readonly namespace: { readonly id: number; readonly username: string }
  /** Without its namespace. */
  readonly repository: { readonly id: number; readonly name: string } | null
  readonly callbackUrl: string | null
  readonly callbackEmail: string | null
  readonly query: LogQuery
}

/** What the worker is told. */
export const exportJob = z.object({
  kind: z.enum(['organization', 'user', 'repository']),
  id: z.number(),
  namespace: z.string(),
  repository: z.string().nullable(),
  /** Days as MM/DD/YYYY; the end is the day after the last one. */
  start_time: z.string(),
  end_time: z.string(),
  callback_url: z.string().nullable(),
  callback_email: z.string().nullable(),
})

export type ExportJob = z.output<typeof exportJob>

export const exportAttempts = 3
const forbidden =
  "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server."
/** From the first day to the last. */
const daysAtMost = 30

/** Takes requests for exports of the action log (api-shapes, 14.3); a worker carries them out. */
export function createLogExportService({
  db,
  clock,
  random,
  audit,
  outgoing,
  files,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  outgoing: Pick<OutgoingService, 'check' | 'postJson'>
  files: LogExportFiles
}) {
  return {
    /** @returns the id of the export. @throws Problem `request-invalid` */
    async request(request: ExportRequest, actor: Actor): Promise<string> {
      const now = clock.now()
      const span = parseSpan(request.query, now)
      const wrong = await complaint(request, span)
      if (wrong !== undefined) {
        await audit.recordIn(db, logged('export_logs_failure', { error: wrong }))
        throw new Problem('request-invalid', { message: wrong })
      }
      const exportId = random.uuid()
      const job: ExportJob = {
        kind: request.place.kind,
        id: request.place.id,
        namespace: request.namespace.username,
        repository: request.repository?.name ?? null,
        start_time: formatLogDay(span.from),
        end_time: formatLogDay(span.to),
        callback_url: request.callbackUrl,
        callback_email: request.callbackEmail,
      }
      await db.transaction().execute(async (tx) => {
        await logExportStore(tx).insert({
          uuid: exportId,
          file_id: `${exportId}-${random.uuid()}`,
          request_json: JSON.stringify(job),
          created_at: now,
          attempts_left: exportAttempts,
          next_attempt_at: now,
        })
        const message = 'Export queued'
        await audit.recordIn(tx, logged('export_logs_success', { export_id: exportId, message }))
      })
      return exportId

      function logged(kind: 'export_logs_success' | 'export_logs_failure', facts: object) {
        const { namespace, repository, callbackUrl, callbackEmail } = request
        return {
          kind,
          account: namespace,
          actor,
          repositoryId: repository?.id ?? null,
          metadata: {
            'date/time': new Date(now).toISOString(),
            ...facts,
            url: callbackUrl,
            email: callbackEmail,
            repo: repository?.name ?? null,
          },
        }
      }
    },

    /**
     * The file behind a link, which works as soon as somebody can have been told of it.
     * @throws Problem `access-denied` when there is none, or no longer.
     */
    async openFile(fileId: string) {
      const row = await logExportStore(db).findByFile(fileId)
      const isThere =
        row !== undefined && (row.finished_at === null || row.next_attempt_at > clock.now())
      const opened = isThere ? await files.open(row.file_id) : undefined
      if (opened === undefined) throw new Problem('access-denied', { message: forbidden })
      return opened
    },
  }

  async function complaint(
    { callbackUrl, callbackEmail }: ExportRequest,
    { from, to }: { from: Instant; to: Instant },
  ): Promise<string | undefined> {
    if (callbackUrl === null && callbackEmail === null) return 'Invalid export request'
    if (callbackUrl !== null) {
      const checked = await outgoing.check(callbackUrl)
      if (checked.kind === 'refused') {
        return checked.why === 'scheme'
          ? `Invalid URL scheme '${checked.scheme}': only HTTP and HTTPS are allowed`
          : 'Invalid callback URL'
      }
    }
    if (callbackEmail !== null && !isEmail(callbackEmail)) return 'Invalid callback e-mail'
    const days = dayOf(to - dayMs) - dayOf(from)
    return to < from || days > daysAtMost ? 'Invalid time span selected' : undefined
  }
}

function isEmail(text: string): boolean {
  try {
    requireEmail(text)
    return true
  } catch (error) {
    if (!isProblem(error)) throw error
    return false
  }
}
