import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Step } from '../../work/worker.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { BlobCollection } from './blob-collection.ts'
import type { CollectorParts } from './collector-parts.ts'
import { manifestRemovalStore, type RemovedManifest } from './manifest-removal-store.ts'
import { findUnneeded } from './reachability.ts'
import { reachabilityStore } from './reachability-store.ts'
import { tagGarbageStore, type HistoryRules } from './tag-garbage-store.ts'
import { tellRows } from './tally.ts'

const removedAtOnce = 20
const departAtOnce = 50
const lookedAtAtOnce = 200
const examinedAtOnce = 200
const looksBetweenTurns = 50

export type ManifestCollection = ReturnType<typeof createManifestCollection>

/** Removes manifests that nothing keeps any more, few per transaction, and what only they kept. */
export function createManifestCollection(parts: CollectorParts, blobs: BlobCollection) {
  const { database, clock, tally, quota, config } = parts
  /** By repository. Lost with the process; the sweep finds them again. */
  const candidates = new Map<number, Set<number>>()
  let sweptTo = 0

  function add(repositoryId: number, ids: Iterable<number>): void {
    const known = candidates.get(repositoryId) ?? new Set()
    for (const id of ids) known.add(id)
    candidates.set(repositoryId, known)
  }

  /** Undefined when the repository is gone, or is being purged as a whole. */
  async function rulesOf(db: Db, repositoryId: number): Promise<HistoryRules | undefined> {
    const windowS = await tagGarbageStore(db).findWindow(repositoryId)
    if (windowS === undefined) return undefined
    const now = clock.now()
    const { immutableTagsCanExpire } = config.features
    return { now, cutoff: now - windowS * 1000, immutableTagsCanExpire }
  }

  /**
   * What has to go when this manifest is to go: with it whatever keeps it, so that nothing is ever
   * there without what it refers to. Where that is much, its upper part first.
   */
  async function findDeparting(db: Db, repositoryId: number, id: number) {
    const rules = await rulesOf(db, repositoryId)
    const start = await reachabilityStore(db).findNode(id)
    if (rules === undefined || start === undefined) return undefined
    const unneeded = await findUnneeded(db, start, rules)
    if (unneeded === undefined) return undefined
    let departing = unneeded
    while (departing.length > departAtOnce) {
      const above = await findUnneeded(db, departing.at(-1) ?? start, rules)
      // As many again: they keep each other.
      if (above === undefined || above.length === departing.length) break
      departing = above
    }
    return { departing, unneeded, now: rules.now }
  }

  /** How many manifests went: none when this one is needed, or gone. */
  async function collect(repositoryId: number, id: number): Promise<number> {
    // Most candidates are needed after all; that is seen without keeping pushes out.
    if ((await findDeparting(database.db, repositoryId, id)) === undefined) return 0
    const removed: RemovedManifest[] = []
    const next = new Set<number>()
    await database.db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      const found = await findDeparting(tx, repositoryId, id)
      if (found === undefined) return
      for (const { id } of found.unneeded) next.add(id)
      for (const node of found.departing) {
        for (const kept of await reachabilityStore(tx).listKept(node)) next.add(kept)
      }
      for (const node of found.departing) {
        removed.push(await manifestRemovalStore(tx).remove(node, found.now))
        next.delete(node.id)
      }
      await quota.removed(
        tx,
        repositoryId,
        removed.flatMap(({ blobIds }) => blobIds),
      )
    })
    for (const result of removed) tell(result)
    add(repositoryId, next)
    return removed.length
  }

  function tell({ counts, blobIds }: RemovedManifest): void {
    tellRows(tally, counts)
    blobs.add(blobIds)
  }

  return {
    /** To be looked at: what kept them is gone. */
    add,
    tell,

    collect: (async () => {
      let removed = 0
      let looked = 0
      for (const [repositoryId, ids] of candidates) {
        for (const id of ids) {
          if (removed >= removedAtOnce || looked === lookedAtAtOnce) return 'more'
          ids.delete(id)
          looked++
          const gone = await collect(repositoryId, id)
          removed += gone
          if (gone > 0 || looked % looksBetweenTurns === 0) await otherWork()
        }
        candidates.delete(repositoryId)
        tally.repositoryCollected()
      }
      return 'idle'
    }) satisfies Step,

    hasCandidates: (): boolean => candidates.size > 0,

    restartSweep: (): void => void (sweptTo = 0),

    /** A stretch of all manifests, for those that no tag ever led to; says when it came to the end. */
    async sweep(): Promise<{ isDone: boolean }> {
      const page = await reachabilityStore(database.db).page(sweptTo, examinedAtOnce, clock.now())
      let looked = 0
      for (const { id, repositoryId, isHeld } of page) {
        if (isHeld) continue
        const found = await findDeparting(database.db, repositoryId, id)
        if (found !== undefined) add(repositoryId, [id])
        if (++looked % looksBetweenTurns === 0) await otherWork()
      }
      const isDone = page.length < examinedAtOnce
      sweptTo = isDone ? 0 : (page.at(-1)?.id ?? 0)
      return { isDone }
    },
  }
}
