import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import Sqlite from 'better-sqlite3'
import { SqliteDialect } from 'kysely'

import type { SqliteConfig } from '../config/config.ts'
import { groupCommit, type Fdatasync } from './group-commit.ts'
import { withStatementCache } from './statement-cache.ts'

const mebibyte = 1024 * 1024
const cachedStatements = 500

export async function openSqlite(config: SqliteConfig, options: { fdatasync?: Fdatasync }) {
  const directory = dirname(config.file)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  createPrivately(config.file)

  const database = new Sqlite(config.file, { timeout: 5000 })
  try {
    database.pragma('journal_mode = wal')
    database.pragma('synchronous = normal')
    database.pragma('foreign_keys = on')
    database.pragma('temp_store = memory')
    database.pragma(`mmap_size = ${String(64 * mebibyte)}`)
    // The WAL file appears with the first transaction after the change of the journal mode.
    database.exec('begin immediate; commit')
    const commit = await groupCommit(`${config.file}-wal`, directory, options.fdatasync)
    return {
      dialect: new SqliteDialect({ database: withStatementCache(database, cachedStatements) }),
      flush: () => commit.flush(),
      async close() {
        if (database.open) database.close()
        await commit.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLite gives its companion files the mode of the database. An existing file is never opened here. */
function createPrivately(file: string) {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
