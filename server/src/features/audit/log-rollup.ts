import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { dayOf } from './log-day.ts'
import { logRollupStore, type CountedEntry, type LogEntryDailyTable } from './log-rollup-store.ts'

const batchSize = 1_000

/**
 * On PostgreSQL a transaction that began earlier may show its entries after those of one that began
 * later, with smaller ids. What is younger than this is left for later.
 */
const settledAfterMs = 10_000
/** An entry further ahead of the clock than this is of a time before the clock was set back. */
const aheadAtMostMs = 300_000

/** Adds the entries of the action log up by day, so that counting them costs the same for ever. */
export function rollUpLogs({ db, clock }: { db: Db; clock: Clock }): Step {
  return async () => {
    const from = await logRollupStore(db).lastEntryId()
    const entries = settled(await logRollupStore(db).entriesAfter(from, batchSize), clock.now())
    const last = entries.at(-1)
    if (last === undefined) return 'idle'
    const isAdded = await db.transaction().execute(async (tx) => {
      const store = logRollupStore(tx)
      if (!(await store.advance(from, last.id))) return false
      await store.add(sumUp(entries))
      return true
    })
    // A query on SQLite never lets anything else run by itself.
    await nextTurn()
    return isAdded && entries.length === batchSize ? 'more' : 'idle'
  }
}

/** The entries in front of the first that others may still come before. */
export function settled(entries: readonly CountedEntry[], now: Instant): readonly CountedEntry[] {
  const first = entries.findIndex(
    ({ datetime }) => datetime > now - settledAfterMs && datetime < now + aheadAtMostMs,
  )
  return first < 0 ? entries : entries.slice(0, first)
}

/**
 * Each entry counts for everything and for its namespace, once for everybody and once for who did it;
 * for its repository only for everybody.
 */
export function sumUp(entries: readonly CountedEntry[]): readonly LogEntryDailyTable[] {
  const sums = new Map<string, LogEntryDailyTable>()
  const count = (row: Omit<LogEntryDailyTable, 'count'>) => {
    const key = Object.values(row).join(' ')
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, { ...row, count: 1 })
    else sum.count++
  }
  for (const { kind_id, account_id, performer_id, repository_id, datetime } of entries) {
    const when = { day: dayOf(datetime), kind_id }
    const performers = performer_id === null ? [0] : [0, performer_id]
    for (const by of performers) {
      count({ scope: 'all', scope_id: 0, performer_id: by, ...when })
      if (account_id !== null) {
        count({ scope: 'namespace', scope_id: account_id, performer_id: by, ...when })
      }
    }
    if (repository_id !== null) {
      count({ scope: 'repository', scope_id: repository_id, performer_id: 0, ...when })
    }
  }
  // Always in one order, so that two who add up at once cannot wait for each other.
  return [...sums].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, sum]) => sum)
}
