import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { registrySizeStore } from './registry-size-store.ts'

export type RegistrySizeService = ReturnType<typeof createRegistrySizeService>

/** What all blobs take; counted when a superuser asks for it (engines, 4.1). */
export function createRegistrySizeService({ db }: { db: Db }) {
  return {
    async get() {
      const row = await registrySizeStore(db).find()
      return {
        sizeBytes: row?.size_bytes ?? 0,
        completedAt: row?.completed_at ?? null,
        isQueued: row?.queued === 1,
        isRunning: row?.running === 1,
      }
    },

    /** Whether somebody waits for it. */
    async isWanted(): Promise<boolean> {
      const row = await registrySizeStore(db).find()
      return row !== undefined && (row.queued === 1 || row.running === 1)
    },

    /** False when it is queued, or under way, already. */
    queue: (): Promise<boolean> => registrySizeStore(db).queue(),
  }
}

const blobsPerBatch = 2_000

/** Counts what was asked for. One that a crash broke off still counts as running, and begins anew. */
export function measureRegistry({ db, clock }: { db: Db; clock: Clock }): Step {
  return async (stopping) => {
    const store = registrySizeStore(db)
    const row = await store.find()
    if (row === undefined || (row.queued === 0 && row.running === 0)) return 'idle'
    await store.start()
    let sum = 0
    let id = 0
    for (;;) {
      if (stopping?.aborted) return 'idle'
      const batch = await store.sizeAfter(id, blobsPerBatch)
      if (batch === undefined) break
      sum += batch.sizeBytes
      id = batch.lastId
      // A query on SQLite never lets anything else run by itself.
      await nextTurn()
    }
    await store.finish(sum, clock.now())
    return 'idle'
  }
}
