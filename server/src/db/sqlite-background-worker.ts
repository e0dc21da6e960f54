import { parentPort, workerData } from 'node:worker_threads'

import Sqlite from 'better-sqlite3'

/** A task for the thread: rows for one statement, or the pages of the WAL moved into the database. */
export type BackgroundTask =
  | {
      readonly id: number
      readonly kind: 'insert'
      readonly sql: string
      readonly rows: unknown[][]
    }
  | { readonly id: number; readonly kind: 'checkpoint' }

export interface BackgroundAnswer {
  readonly id: number
  readonly error?: string
}

const { file } = workerData as { file: string }
const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread')

const database = new Sqlite(file, { timeout: 5000 })
database.pragma('synchronous = normal')
database.pragma('wal_autocheckpoint = 0')
database.pragma('cache_size = -2048')

const insert = database.transaction((sql: string, rows: unknown[][]) => {
  const statement = database.prepare(sql)
  for (const row of rows) statement.run(row)
})

port.on('message', (task: BackgroundTask | 'close') => {
  if (task === 'close') {
    database.close()
    port.close()
    return
  }
  try {
    if (task.kind === 'insert') insert.immediate(task.sql, task.rows)
    else database.pragma('wal_checkpoint(passive)')
    port.postMessage({ id: task.id } satisfies BackgroundAnswer)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    port.postMessage({ id: task.id, error: text } satisfies BackgroundAnswer)
  }
})
