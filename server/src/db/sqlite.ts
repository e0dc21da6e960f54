import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import Sqlite from 'better-sqlite3'
import { SqliteDialect } from 'kysely'

import type { SqliteConfig } from '../config/config.ts'
import { groupCommit, type Fdatasync } from './group-commit.ts'
import type { DirectReader } from './prepared.ts'
import { SqliteBackground } from './sqlite-background.ts'
import { withStatementCache } from './statement-cache.ts'

/** What each connection keeps of the file for itself; the system's page cache holds the rest. */
const writerCacheKibibytes = 4096
const readerCacheKibibytes = 8192
const cachedStatements = 500
const checkpointPagesAtMost = 16_384
/** How many commits are flushed between two looks at the size of the WAL. */
const flushesPerCheck = 32

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
    database.pragma(`cache_size = -${String(writerCacheKibibytes)}`)
    // Checkpoints flush two files, so a thread of its own does them; this is for when it cannot.
    database.pragma(`wal_autocheckpoint = ${String(checkpointPagesAtMost)}`)
    // The WAL file appears with the first transaction after the change of the journal mode.
    database.exec('begin immediate; commit')
    const commit = await groupCommit(`${config.file}-wal`, directory, options.fdatasync)
    const reading = openReader(config.file)
    const background = new SqliteBackground(config.file)
    let flushes = 0
    // A checkpoint that fails is tried again with the next one; until then the WAL only grows.
    const checkpoint = () => {
      background.checkpointWhenDue().catch(() => undefined)
    }
    return {
      dialect: new SqliteDialect({ database: withStatementCache(database, cachedStatements) }),
      reader: reading.reader,
      bulkInsert: async (sql: string, rows: unknown[][]) => {
        await background.insert(sql, rows)
        checkpoint()
      },
      flush: () => {
        if (++flushes % flushesPerCheck === 0) checkpoint()
        return commit.flush()
      },
      async close() {
        await background.close()
        reading.close()
        if (database.open) database.close()
        await commit.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * A second connection that only reads. It sees what is committed and nothing else, and it never
 * waits for a transaction that is open on the first one: pulls go on while pushes are recorded.
 */
function openReader(file: string): { reader: DirectReader; close(): void } {
  const database = new Sqlite(file, { readonly: true, timeout: 5000 })
  database.pragma(`cache_size = -${String(readerCacheKibibytes)}`)
  const statements = withStatementCache(database, cachedStatements)
  return {
    reader: { all: (sql, parameters) => statements.prepare(sql).all(parameters) },
    close: () => {
      statements.close()
    },
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
