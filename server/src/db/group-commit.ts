import { close, fdatasync, fsync, open } from 'node:fs'
import { promisify } from 'node:util'

const openFile = promisify(open)
const closeFile = promisify(close)
const syncDirectory = promisify(fsync)
const syncData = promisify(fdatasync)

export type Fdatasync = (fd: number) => Promise<void>

/**
 * Makes what has been committed durable, once for everybody who waits.
 *
 * With `synchronous=NORMAL` a commit only appends to the `-wal` file. That file is what recovery reads
 * after a crash, frame by frame up to the last whole transaction, so a commit is durable as soon as
 * the WAL up to its end is on the medium. `synchronous=FULL` does just that, with one fsync inside
 * each commit, on the event loop. Here the same fsync runs on the thread pool, after the commit, and
 * everyone who committed before it began shares it. The rest stays with SQLite: in NORMAL it syncs
 * the WAL before a checkpoint copies pages and the database before the WAL is used again, so there is
 * no moment at which a frame we have synced is neither in a synced WAL nor in a synced database.
 * The header of a restarted WAL is synced by SQLite too, before the first frame behind it.
 *
 * The descriptor is our own and is on the `-wal` file. It must never be on the database file or on
 * `-shm`: POSIX locks belong to the process and closing any descriptor of a file drops them all, SQLite's
 * included. SQLite takes no locks on the WAL. The file keeps its identity while a connection is open:
 * SQLite removes it only when the last connection closes, and we are one.
 */
export async function groupCommit(
  walFile: string,
  directory: string,
  fdatasync: Fdatasync = syncData,
) {
  // Windows flushes only descriptors that may write; it has no way to open a directory.
  const fd = await openFile(walFile, 'r+')
  if (process.platform !== 'win32') {
    const folder = await openFile(directory, 'r')
    await syncDirectory(folder).finally(() => closeFile(folder))
  }

  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let closed = false

  async function sync() {
    await fdatasync(fd)
  }

  /** Starts after the one that is running, because that one may have missed the caller's commit. */
  function start(): Promise<void> {
    running = sync()
    running.then(finished, () => undefined)
    return running
  }

  // After a failed fsync the kernel drops the pages it could not write and reports success the next
  // time. `running` therefore stays as it is, rejected: nothing is acknowledged until a restart has
  // recovered from what is really on the medium.
  function finished() {
    running = undefined
  }

  return {
    /** Resolves when everything committed before the call is on the medium. */
    flush(): Promise<void> {
      if (closed) return Promise.reject(new Error('database is closed'))
      // Between two syncs the next one may be due but not begun: it still covers the caller.
      if (!running) return next ?? start()
      next ??= running.then(() => {
        next = undefined
        return start()
      })
      return next
    },
    async close() {
      if (closed) return
      closed = true
      await (next ?? running)?.catch(() => undefined)
      await closeFile(fd)
    },
  }
}
