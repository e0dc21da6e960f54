import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Sqlite from 'better-sqlite3'

export interface DataDirectoryLock {
  release(): void
}

/** A lock that nobody holds on to would be closed, and so released, by the garbage collector. */
const held = new Set<Sqlite.Database>()

/**
 * One server per data directory. The lock is SQLite's own lock on an otherwise empty database: the
 * kernel takes it back when the process ends, however it ends, on every platform. Nothing else may
 * open `mooring.lock` within this process, because closing a descriptor would drop the lock.
 */
export function lockDataDirectory(dataDir: string): DataDirectoryLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const pidFile = join(dataDir, 'mooring.pid')
  const lock = new Sqlite(join(dataDir, 'mooring.lock'), { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (!(error instanceof Sqlite.SqliteError && error.code === 'SQLITE_BUSY')) throw error
    throw new Error(`data directory ${dataDir} is in use by another server${holder(pidFile)}`, {
      cause: error,
    })
  }
  held.add(lock)
  writeFileSync(pidFile, `${String(process.pid)}\n`, { mode: 0o600 })
  return {
    release() {
      if (!lock.open) return
      rmSync(pidFile, { force: true })
      lock.close()
      held.delete(lock)
    },
  }
}

/**
 * The same for a piece of work on a data directory that only one process or thread may do at a time.
 * @returns undefined when somebody else does it.
 */
export function lockFile(file: string): DataDirectoryLock | undefined {
  const lock = new Sqlite(file, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (error instanceof Sqlite.SqliteError && error.code === 'SQLITE_BUSY') return undefined
    throw error
  }
  held.add(lock)
  return {
    release() {
      lock.close()
      held.delete(lock)
    },
  }
}

function holder(pidFile: string) {
  try {
    return ` (pid ${readFileSync(pidFile, 'utf8').trim()})`
  } catch {
    return ''
  }
}
