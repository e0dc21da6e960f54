import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'

type Value = string | number

/** What is written in the database of a server, looked at past the server. */
export interface Records {
  /** Other servers may be at work on it: what was about to become a blob is left to them for a day. */
  readonly isShared: boolean
  /** Values stand in the place of `?`. Numbers of more than 32 bits may come as text. */
  rows(query: string, ...values: readonly Value[]): Promise<readonly Record<string, unknown>[]>
  /** `ok`, or what is damaged. */
  health(): Promise<string>
}

export function sqliteRecords(dataDir: string): Records {
  function look<T>(work: (database: Sqlite.Database) => T): Promise<T> {
    const file = join(dataDir, 'mooring.db')
    const database = new Sqlite(file, { readonly: true, fileMustExist: true })
    try {
      return Promise.resolve(work(database))
    } finally {
      database.close()
    }
  }
  return {
    isShared: false,
    rows: (query, ...values) =>
      look((database) => database.prepare<Value[], Record<string, unknown>>(query).all(...values)),
    health: () => look((database) => String(database.pragma('quick_check', { simple: true }))),
  }
}

export function postgresRecords(url: string): Records {
  return {
    isShared: true,
    async rows(query, ...values) {
      const connection = new pg.Client({ connectionString: url })
      await connection.connect()
      let place = 0
      const text = query.replaceAll('?', () => `$${String(++place)}`)
      try {
        return (await connection.query<Record<string, unknown>>(text, [...values])).rows
      } finally {
        await connection.end()
      }
    },
    // It is never killed here, and guards itself.
    health: () => Promise.resolve('ok'),
  }
}
