import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { appTokenStore } from './app-token-store.ts'

const batch = 500

/** Forgets tokens that ended longer ago than EXPIRED_APP_SPECIFIC_TOKEN_GC; null keeps them. */
export const removeExpiredTokens =
  ({ db, clock, keepMs }: { db: Db; clock: Clock; keepMs: number }): Step =>
  async () => {
    const removed = await appTokenStore(db).deleteExpired(clock.now() - keepMs, batch)
    return removed === batch ? 'more' : 'idle'
  }
