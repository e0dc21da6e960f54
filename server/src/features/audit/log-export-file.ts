import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { ExportJob } from './log-export-service.ts'
import { dayMs, parseLogDay } from './log-day.ts'
import { selectionOf, type LogService } from './log-service.ts'
import { logStore, type LogPosition } from './log-store.ts'

export type LogExportFiles = ReturnType<typeof createLogExportFiles>

const batchSize = 500

/** The files that exports of the action log are written to, one for each. */
export function createLogExportFiles({
  db,
  logs,
  folder,
}: {
  db: Db
  logs: LogService
  folder: string
}) {
  const pathOf = (fileId: string) => join(folder, `${fileId}.json`)

  /** Each entry as a line of JSON, oldest first. */
  async function* entries(job: ExportJob, signal: AbortSignal): AsyncGenerator<string> {
    const span = {
      from: parseLogDay(job.start_time) ?? 0,
      to: parseLogDay(job.end_time) ?? dayMs,
    }
    const selection = selectionOf({ kind: job.kind, id: job.id })
    let after: LogPosition | undefined
    for (;;) {
      signal.throwIfAborted()
      const rows = await logStore(db).list(selection, span, {
        after,
        limit: batchSize,
        order: 'asc',
      })
      for (const { row, kind, metadata, performer } of await logs.resolve(rows)) {
        yield JSON.stringify({
          kind_id: row.kind_id,
          kind,
          datetime: new Date(row.datetime).toISOString(),
          ip: row.ip,
          metadata,
          performer: performer?.username ?? null,
          namespace: job.namespace,
        })
      }
      if (rows.length < batchSize) return
      after = rows.at(-1)
      // A query on SQLite never lets anything else run by itself.
      await nextTurn()
    }
  }

  return {
    /** Writes the file beside its place, and then moves it there. */
    async write(
      fileId: string,
      exportId: string,
      job: ExportJob,
      signal: AbortSignal,
    ): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const part = `${pathOf(fileId)}.part`
      const file = createWriteStream(part, { mode: 0o600 })
      try {
        const put = async (text: string) => {
          if (!file.write(text)) await once(file, 'drain', { signal })
        }
        const { start_time, end_time, namespace, repository } = job
        const details = { start_time, end_time, namespace, repository }
        const head = JSON.stringify({ export_id: exportId, details }).slice(0, -1)
        await put(`${head},"logs":[\n`)
        for await (const entry of entries(job, signal)) await put(`${entry},\n`)
        await put('{"terminator":true}]}\n')
        file.end()
        await finished(file)
        await rename(part, pathOf(fileId))
      } catch (error) {
        file.destroy()
        await rm(part, { force: true })
        throw error
      }
    },

    has: (fileId: string): Promise<boolean> =>
      stat(pathOf(fileId)).then(
        () => true,
        () => false,
      ),

    /** Undefined when there is no such file. */
    async open(fileId: string) {
      const found = await stat(pathOf(fileId)).catch(() => undefined)
      if (found === undefined) return undefined
      return { sizeBytes: found.size, stream: createReadStream(pathOf(fileId)) }
    },

    remove: (fileId: string) => rm(pathOf(fileId), { force: true }),
  }
}
