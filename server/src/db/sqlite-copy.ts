import { closeSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'

import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

import type { Db, Tables } from './tables.ts'

const pagesAtOnce = 256

export interface CopyProgress {
  readonly signal?: AbortSignal | undefined
  readonly onPages?: (copied: number, total: number) => void
}

/**
 * Copies a database that may be in use, with SQLite's online backup, into a new file of its own.
 * The source stays within one read transaction, so the copy is what was committed when it began and
 * nobody who writes meanwhile makes it start over. Durable when this returns.
 */
export async function copySqlite(
  source: string,
  target: string,
  { signal, onPages }: CopyProgress = {},
): Promise<void> {
  for (const name of [target, `${target}-wal`, `${target}-shm`, `${target}-journal`]) {
    rmSync(name, { force: true })
  }
  closeSync(openSync(target, 'wx', 0o600))
  const database = new Sqlite(source, { fileMustExist: true, timeout: 5000 })
  try {
    database.exec('begin')
    database.prepare('select count(*) from sqlite_master').get()
    await database.backup(target, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted()
        onPages?.(totalPages - remainingPages, totalPages)
        return pagesAtOnce
      },
    })
    database.exec('commit')
  } finally {
    database.close()
  }
  settle(target)
  await syncFile(target)
}

/** One file instead of three: the copy comes with the journal mode of its source. */
function settle(file: string): void {
  const copy = new Sqlite(file)
  try {
    copy.pragma('journal_mode = delete')
  } finally {
    copy.close()
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.sync().finally(() => handle.close())
}

/** What SQLite itself says about a file; undefined when it is sound. */
export function sqliteDamage(file: string): string | undefined {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    const found = database.pragma('quick_check(1)', { simple: true })
    return found === 'ok' ? undefined : String(found)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    database.close()
  }
}

/** Opens a copy that nobody else uses, to read it. */
export function openSqliteCopy(file: string): { readonly db: Db; close(): Promise<void> } {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  return { db, close: () => db.destroy() }
}
