import { LRUCache } from 'lru-cache'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { appTokenStore } from '../app-tokens/app-token-store.ts'
import { accountStore } from './account-store.ts'

export type AccessTimes = ReturnType<typeof createAccessTimes>

type Kind = 'account' | 'appToken'

const everyMs = 60_000
const rememberedAtMost = 50_000
const waitingAtMost = 10_000
const batch = 200

/**
 * When accounts and tokens were last used, at most once a minute each. Whoever is served never waits
 * for it: times are collected here and written by a worker.
 */
export function createAccessTimes({
  db,
  clock,
  enabled,
}: {
  db: Db
  clock: Clock
  enabled: boolean
}) {
  const lately = new LRUCache<string, true>({ max: rememberedAtMost })
  const times = new Map<string, { kind: Kind; id: number; at: Instant }>()
  let minute = 0

  return {
    touch(kind: Kind, id: number): void {
      if (!enabled) return
      const at = clock.now()
      const now = Math.floor(at / everyMs)
      if (now !== minute) {
        minute = now
        lately.clear()
      }
      const key = `${kind} ${String(id)}`
      if (lately.has(key) || times.size >= waitingAtMost) return
      lately.set(key, true)
      times.set(key, { kind, id, at })
    },

    /** Writes what has been collected. */
    write: (async () => {
      const due = [...times].slice(0, batch)
      if (due.length === 0) return 'idle'
      await db.transaction().execute(async (tx) => {
        for (const [, { kind, id, at }] of due) {
          if (kind === 'account') await accountStore(tx).setLastAccessed(id, at)
          else await appTokenStore(tx).setLastAccessed(id, at)
        }
      })
      for (const [key, written] of due) {
        if (times.get(key) === written) times.delete(key)
      }
      return times.size > 0 ? 'more' : 'idle'
    }) satisfies Step,
  }
}
