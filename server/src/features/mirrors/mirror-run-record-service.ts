import type { Db } from '../../db/tables.ts'
import type { Logger } from '../../platform/logger.ts'
import type { ProgressMeter } from './mirror-progress.ts'
import { mirrorLogStore } from './mirror-log-store.ts'
import { mirrorRunStore, type MirrorTagRow, type RunCounts } from './mirror-run-store.ts'
import type { RunLines } from './run-lines.ts'

export type RunRecord = ReturnType<typeof createRunRecord>

const keepEveryMs = 2_000

/** What is told of a run while it goes on: kept in batches, as nobody needs it to the letter. */
export function createRunRecord({
  db,
  log,
  runId,
  progress,
  lines,
}: {
  db: Db
  log: Logger
  runId: number
  progress: ProgressMeter
  lines: RunLines
}) {
  const tags = new Map<string, MirrorTagRow>()
  const touched = new Set<string>()
  let removed = 0
  let writing: Promise<void> = Promise.resolve()
  let closed: Promise<void> | undefined

  const counts = (): RunCounts => ({
    bytes: progress.bytes(),
    tags_matched: progress.snapshot().itemsTotal,
    tags_new: progress.count('new'),
    tags_updated: progress.count('updated'),
    tags_unchanged: progress.count('unchanged'),
    tags_failed: progress.count('failed'),
    tags_removed: removed,
  })

  async function write(): Promise<void> {
    const rows = [...tags.values()]
    tags.clear()
    const said = lines.take()
    try {
      await db.transaction().execute(async (tx) => {
        await mirrorRunStore(tx).putTags(rows)
        await mirrorLogStore(tx).add(said)
        await mirrorRunStore(tx).note(runId, counts(), JSON.stringify(progress.snapshot()))
      })
    } catch (error) {
      // Tried again with what comes next, unless that is newer.
      lines.giveBack(said)
      for (const row of rows) if (!tags.has(row.name)) tags.set(row.name, row)
      log.warn({ err: error, runId }, 'progress of a mirror not kept')
    }
  }

  function flush(): Promise<void> {
    writing = writing.then(write)
    return writing
  }

  const timer = setInterval(() => void flush(), keepEveryMs)

  return {
    counts,

    note(row: MirrorTagRow): void {
      tags.set(row.name, row)
      lines.tag(row)
    },

    /** A tag that the run has changed. */
    touch(name: string): void {
      touched.add(name)
    },

    touched: (): readonly string[] => [...touched],

    removed(names: readonly string[]): void {
      removed += names.length
      for (const name of names) {
        touched.add(name)
        lines.say('info', `${name}: removed`)
      }
    },

    /** Keeps the rest. */
    close(): Promise<void> {
      clearInterval(timer)
      closed ??= flush()
      return closed
    },
  }
}
