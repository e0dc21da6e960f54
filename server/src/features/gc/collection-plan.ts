import { setImmediate as otherWork } from 'node:timers/promises'

import { parseDigest } from '../../storage/digest.ts'
import { deletedNamespaceStore } from '../accounts/deleted-namespace-store.ts'
import { blobGarbageStore } from './blob-garbage-store.ts'
import { collectionPlanStore } from './collection-plan-store.ts'
import type { CollectorParts } from './collector-parts.ts'
import { findUnneeded } from './reachability.ts'
import { reachabilityStore, type ManifestNode } from './reachability-store.ts'

/** What the collector would remove if it ran now. */
export interface CollectionPlan {
  readonly tags: number
  readonly manifests: number
  readonly blobs: number
  readonly bytes: number
  readonly repositories: number
  readonly namespaces: number
}

const pageSize = 1000

/** Every item of a list that comes in pages by id; other work gets its turn between two pages. */
async function* pages<T>(
  next: (after: number, limit: number) => Promise<readonly T[]>,
  idOf: (item: T) => number,
): AsyncGenerator<T> {
  let after = 0
  for (;;) {
    const page = await next(after, pageSize)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = idOf(last)
    await otherWork()
  }
}

/** The dry run: the collector's own rules on all there is, with nothing changed. */
export async function planCollection({
  database: { db },
  clock,
  config,
}: Pick<CollectorParts, 'database' | 'clock' | 'config'>): Promise<CollectionPlan> {
  const now = clock.now()
  const store = collectionPlanStore(db)
  const reachability = reachabilityStore(db)
  const {
    garbageCollection,
    repositoryGarbageCollection,
    namespaceGarbageCollection,
    immutableTagsCanExpire,
  } = config.features

  /** Deleted repositories; `true` for those that would be purged. */
  const deleted = new Map<number, boolean>()
  const deletedPages = pages(
    (after, limit) => store.pageDeletedRepositories(after, limit),
    ([id]) => id,
  )
  for await (const [id, purgeAfter] of deletedPages) {
    const isDue =
      purgeAfter === null
        ? repositoryGarbageCollection
        : namespaceGarbageCollection && purgeAfter <= now
    deleted.set(id, isDue)
  }

  let namespaces = 0
  const namespacePages = pages(
    (after, limit) => deletedNamespaceStore(db).list(after, limit),
    (row) => row.namespace_user_id,
  )
  for await (const { purge_after } of namespacePages) {
    if (namespaceGarbageCollection && purge_after <= now) namespaces++
  }

  let tags = 0
  const windows = new Map<number, number>()
  const candidates: number[] = []
  for await (const tag of pages(
    (after, limit) => store.pageTags(after, limit),
    ({ id }) => id,
  )) {
    const isPurged = deleted.get(tag.repository_id)
    if (isPurged === true) tags++
    if (isPurged !== undefined || !garbageCollection || tag.lifetime_end_ms === null) continue
    const keptUntil = tag.hidden === 1 ? now : now - tag.window_s * 1000
    const staysAnyhow = tag.hidden === 0 && tag.immutable === 1 && !immutableTagsCanExpire
    if (tag.lifetime_end_ms > keptUntil || staysAnyhow) continue
    tags++
    candidates.push(tag.manifest_id)
    windows.set(tag.repository_id, tag.window_s)
  }

  const gone = new Map<number, ManifestNode>()
  if (garbageCollection) await findManifests()
  const holds = new Set<number>()
  for (const manifest of gone.values()) {
    for (const hold of await store.listEndlessHolds(manifest)) holds.add(hold)
  }

  const goneIds = new Set(gone.keys())
  const blobCandidates = new Set<number>()
  for (const [repositoryId, isPurged] of deleted) {
    if (!isPurged) continue
    const manifestPages = pages(
      (after, limit) => store.pageManifestsOf(repositoryId, after, limit),
      (id) => id,
    )
    for await (const id of manifestPages) goneIds.add(id)
    const uploadPages = pages(
      (after, limit) => store.pageUploadsTo(repositoryId, after, limit),
      (id) => id,
    )
    for await (const id of uploadPages) blobCandidates.add(id)
  }

  for (const id of goneIds) {
    for (const blob of await store.blobsOf(id)) blobCandidates.add(blob)
  }
  for await (const { id, isReferred } of pages(
    (after, limit) => blobGarbageStore(db).page(after, limit, now),
    ({ id }) => id,
  )) {
    if (!isReferred) blobCandidates.add(id)
  }

  let blobs = 0
  let bytes = 0
  for (const id of blobCandidates) {
    const blob = await store.findBlob(id)
    if (blob === undefined) continue
    if (blob.doomed === 0 && (await isBlobNeeded(id, blob.digest))) continue
    blobs++
    bytes += blob.size_bytes
    if (blobs % 200 === 0) await otherWork()
  }

  return {
    tags: tags + holds.size,
    manifests: goneIds.size,
    blobs,
    bytes,
    repositories: [...deleted.values()].filter(Boolean).length,
    namespaces,
  }

  async function findManifests(): Promise<void> {
    for await (const { id, isHeld } of pages(
      (after, limit) => reachability.page(after, limit, now),
      ({ id }) => id,
    )) {
      if (!isHeld) candidates.push(id)
    }
    let looked = 0
    for (const id of candidates) {
      if (++looked % 200 === 0) await otherWork()
      if (gone.has(id)) continue
      const node = await reachability.findNode(id)
      if (node === undefined || deleted.has(node.repository_id)) continue
      const windowS = await windowOf(node.repository_id)
      const rules = { now, cutoff: now - windowS * 1000, immutableTagsCanExpire }
      for (const unneeded of (await findUnneeded(db, node, rules)) ?? []) {
        if (gone.has(unneeded.id)) continue
        gone.set(unneeded.id, unneeded)
        candidates.push(...(await reachability.listKept(unneeded)))
      }
    }
  }

  async function windowOf(repositoryId: number): Promise<number> {
    const known = windows.get(repositoryId) ?? (await store.findWindow(repositoryId))
    windows.set(repositoryId, known)
    return known
  }

  async function isBlobNeeded(id: number, digest: string): Promise<boolean> {
    if (await store.isPinned(id, now)) return true
    const repositories = await store.listUploadedTo(id, now)
    if (repositories.some((repository) => deleted.get(repository) !== true)) return true
    let isReferred = repositories.length > 0
    for await (const manifest of pages(
      (after, limit) => store.pageManifestsWith(id, after, limit),
      (manifestId) => manifestId,
    )) {
      if (!goneIds.has(manifest)) return true
      isReferred = true
    }
    // Without the sweeps a blob that nothing led to is not found.
    if (!isReferred && !garbageCollection) return true
    return blobGarbageStore(db).isAwaited(parseDigest(digest))
  }
}
