import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { popularityStore, type CountedPulls } from './popularity-store.ts'

const batchSize = 200
const rememberedDays = 90
const halfLifeDays = 15
const dayMs = 24 * 3_600_000

/**
 * How much a repository is used: its pulls of the last 90 days, each of which is worth half as much
 * 15 days later.
 */
export function popularityOf(pulls: readonly CountedPulls[], today: number): number {
  const score = pulls.reduce(
    (sum, { day, pulls: count }) => sum + count * 0.5 ** (Math.max(0, today - day) / halfLifeDays),
    0,
  )
  return Math.round(score * 100) / 100
}

/**
 * Walks all repositories and writes down how popular each is. Where it is stands in memory only: after
 * a restart it begins anew, which changes nothing.
 */
export function ratePopularity({
  db,
  clock,
  pullKindId,
}: {
  db: Db
  clock: Clock
  /** Number of the kind of event that is a pull. */
  pullKindId: number
}): Step {
  let last = 0
  return async () => {
    const store = popularityStore(db)
    const rows = await store.listAfter(last, batchSize)
    last = rows.length === batchSize ? (rows.at(-1)?.id ?? 0) : 0
    if (rows.length === 0) return 'idle'
    const today = Math.floor(clock.now() / dayMs)
    const ids = rows.map(({ id }) => id)
    const pulls = Map.groupBy(
      await store.pullsSince(ids, pullKindId, today - rememberedDays),
      ({ repositoryId }) => repositoryId,
    )
    const changed = rows
      .map(({ id, popularity }) => ({
        id,
        popularity: popularityOf(pulls.get(id) ?? [], today),
        before: popularity,
      }))
      // The column holds less than a number does.
      .filter(({ popularity, before }) => Math.fround(popularity) !== Math.fround(before))
    if (changed.length > 0) {
      await db.transaction().execute(async (tx) => {
        for (const { id, popularity } of changed) {
          await popularityStore(tx).setPopularity(id, popularity)
        }
      })
    }
    // A query on SQLite never lets anything else run by itself.
    await nextTurn()
    return last === 0 ? 'idle' : 'more'
  }
}
