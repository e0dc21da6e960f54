import { setImmediate as otherWork } from 'node:timers/promises'

import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { quotaBackfillStore } from './quota-backfill-store.ts'
import { quotaStore, quotaTables, type Scope } from './quota-store.ts'

const lookedAtAtOnce = 500
const blobsAtOnce = 1_000

/** Counts what was there before anybody counted, and what became stale; namespaces first. */
export function createQuotaBackfill({
  database: { db },
  clock,
  delayMs,
  scopesAtOnce,
  pageBlobs = blobsAtOnce,
}: {
  database: Pick<Database, 'db'>
  clock: Clock
  /** QUOTA_TOTAL_DELAY_SECONDS, from now on. */
  delayMs: number
  scopesAtOnce: number
  pageBlobs?: number
}) {
  const startsAt = clock.now() + delayMs
  /** Up to where everybody has a counter. Ids only grow, so each start looks through them once. */
  const lookedAt = { namespaces: 0, repositories: 0 }

  async function addMissing(): Promise<boolean> {
    const store = quotaBackfillStore(db)
    const namespaces = await store.addNamespaces(lookedAt.namespaces, lookedAtAtOnce)
    const repositories = await store.addRepositories(lookedAt.repositories, lookedAtAtOnce)
    lookedAt.namespaces = namespaces.last
    lookedAt.repositories = repositories.last
    return namespaces.count === lookedAtAtOnce || repositories.count === lookedAtAtOnce
  }

  /** The next blobs of a scope. */
  const countPage = (scope: Scope): Promise<void> =>
    db.transaction().execute(async (tx) => {
      const counter = await quotaStore(tx).lock(scope)
      if (counter === undefined || counter.backfill_complete === 1) return
      const store = quotaBackfillStore(tx)
      const { count, bytes, last } = await store.sumPage(scope, counter.counted_to, pageBlobs)
      await store.advance(scope, {
        startedAt: counter.backfill_start_ms ?? clock.now(),
        bytes,
        countedTo: last,
        isComplete: count < pageBlobs,
      })
    })

  async function findIncomplete(limit: number): Promise<readonly Scope[]> {
    for (const table of quotaTables) {
      const ids = await quotaBackfillStore(db).listIncomplete(table, limit)
      if (ids.length > 0) return ids.map((id) => ({ table, id }))
    }
    return []
  }

  return {
    /** Sees to it that everybody has a counter. @returns whether one waits to be counted. */
    async prepare(): Promise<boolean> {
      if (clock.now() < startsAt) return false
      while (await addMissing()) await otherWork()
      return (await findIncomplete(1)).length > 0
    },

    /** A page of each of some scopes. Steps that run at the same time add up to the same. */
    step: (async (stopping?: AbortSignal) => {
      const scopes = await findIncomplete(scopesAtOnce)
      for (const scope of scopes) {
        if (stopping?.aborted) return 'idle'
        await countPage(scope)
        await otherWork()
      }
      return scopes.length > 0 ? 'more' : 'idle'
    }) satisfies Step,
  }
}
