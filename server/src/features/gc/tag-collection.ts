import { setImmediate as otherWork } from 'node:timers/promises'

import type { Step } from '../../work/worker.ts'
import { pullStatisticsStore } from '../pull-statistics/pull-statistics-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { CollectorParts } from './collector-parts.ts'
import type { ManifestCollection } from './manifest-collection.ts'
import { tagGarbageStore, type EndedAt, type EndedTag } from './tag-garbage-store.ts'

const examinedAtOnce = 1000
const tagsPerTransaction = 10
/** Rows that became garbage behind a walk (a window was shortened) are found by the next round. */
const roundEveryMs = 3_600_000

const beginning: EndedAt = { end: -1, id: -1 }

/**
 * Finds tags that are garbage and removes them. Ended tags are walked in the order of their ends: one
 * walk stays close behind the present and takes holds, and one stays behind each time machine's window
 * in use and takes what leaves it. A walk goes on where it stopped, so that where nothing has become
 * garbage, each costs one look at the index, however much history there is.
 */
export function createTagCollection(parts: CollectorParts, manifests: ManifestCollection) {
  const { database, clock, tally, config } = parts
  const store = tagGarbageStore(database.db)
  const { immutableTagsCanExpire } = config.features
  /** Where the walk behind each window is. That without a window learns of windows set otherwise. */
  const walks = new Map<number, EndedAt>([
    [0, beginning],
    [config.defaultTagExpirationMs, beginning],
    ...config.tagExpirationOptionsMs.map((windowMs) => [windowMs, beginning] as const),
  ])
  let roundStarted = clock.now()

  function isGarbage(tag: EndedTag, now: number): boolean {
    if (tag.hidden === 1) return tag.lifetime_end_ms <= now
    if (tag.immutable === 1 && !immutableTagsCanExpire) return false
    return tag.lifetime_end_ms <= now - tag.window_s * 1000
  }

  /** @returns whether the walk came to its end. */
  async function walk(windowMs: number, after: EndedAt): Promise<boolean> {
    const now = clock.now()
    const until = now - windowMs
    const page = await store.listEnded(after, until, examinedAtOnce)
    const garbage = new Map<number, number[]>()
    for (const tag of page) {
      const itsWindowMs = tag.window_s * 1000
      if (!walks.has(itsWindowMs)) walks.set(itsWindowMs, beginning)
      if (!isGarbage(tag, now)) continue
      const ids = garbage.get(tag.repository_id)
      if (ids === undefined) garbage.set(tag.repository_id, [tag.id])
      else ids.push(tag.id)
    }
    for (const [repositoryId, ids] of garbage) await remove(repositoryId, ids)
    const last = page.at(-1)
    const isDone = page.length < examinedAtOnce
    if (last !== undefined) {
      const { lifetime_end_ms: end, id } = last
      // Older rows may still come to end at this very moment: holds, when their subject goes.
      walks.set(windowMs, { end, id: isDone && end === until ? beginning.id : id })
    }
    return isDone
  }

  async function remove(repositoryId: number, ids: readonly number[]): Promise<void> {
    for (let start = 0; start < ids.length; start += tagsPerTransaction) {
      const some = ids.slice(start, start + tagsPerTransaction)
      const { left, forgotten } = await database.db.transaction().execute(async (tx) => {
        await tagStore(tx).lockRepository(repositoryId)
        const windowS = await tagGarbageStore(tx).findWindow(repositoryId)
        if (windowS === undefined) return { left: [], forgotten: 0 }
        const now = clock.now()
        // Looked at again: what was restored or changed meanwhile stays.
        const removed = await tagGarbageStore(tx).removeGarbage(repositoryId, some, {
          now,
          cutoff: now - windowS * 1000,
          immutableTagsCanExpire,
        })
        const names = [...new Set(removed.map((tag) => tag.name))]
        return {
          left: removed.map((tag) => tag.manifest_id),
          forgotten: await pullStatisticsStore(tx).removeForgotten(repositoryId, names),
        }
      })
      if (left.length > 0) tally.rows('Tag', left.length)
      if (forgotten > 0) tally.rows('TagPullStatistics', forgotten)
      manifests.add(repositoryId, left)
      await otherWork()
    }
  }

  /** Starts every walk over, from time to time. */
  function startRound(): void {
    roundStarted = clock.now()
    for (const windowMs of walks.keys()) walks.set(windowMs, beginning)
  }

  return {
    startRound,

    /** Makes history of tags that have run out. */
    closeExpired: (async () => {
      const now = clock.now()
      const expired = await store.listExpiredOpen(now, examinedAtOnce)
      for (const [repositoryId, tags] of Map.groupBy(expired, (tag) => tag.repository_id)) {
        const ids = tags.map((tag) => tag.id)
        await database.db.transaction().execute(async (tx) => {
          await tagStore(tx).lockRepository(repositoryId)
          await tagGarbageStore(tx).closeExpired(repositoryId, ids, now)
        })
        await otherWork()
      }
      return expired.length === examinedAtOnce ? 'more' : 'idle'
    }) satisfies Step,

    collect: (async () => {
      if (clock.now() - roundStarted > roundEveryMs) startRound()
      let areDone = true
      for (const [windowMs, after] of [...walks]) {
        areDone = (await walk(windowMs, after)) && areDone
      }
      return areDone ? 'idle' : 'more'
    }) satisfies Step,
  }
}
