import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import { tagStore } from '../tags/tag-store.ts'
import { proxiedBlobStore } from './proxied-blob-store.ts'
import type { ProxyCache } from './proxy-caches-service.ts'
import { roomStore, type Dispensable, type EndsAt, type Over } from './room-store.ts'

export type Room = ReturnType<typeof createRoom>

const examinedAtOnce = 100
const examinedAtMost = 10_000

/**
 * Keeps a cache within its limit: before an image comes in, what ends next goes (engines, 9.5). The
 * space itself is free once the collector has been there.
 */
export function createRoom({
  db,
  clock,
  log,
  limitBytes,
}: {
  db: Db
  clock: Clock
  log: Logger
  /** Of each cache; undefined: none. */
  limitBytes: number | undefined
}) {
  /** One at a time for a namespace, so that no room is given away twice. */
  const queues = new Map<number, Promise<unknown>>()

  async function make(namespaceId: number, imageBytes: number, limit: number): Promise<void> {
    if (imageBytes > limit) throw new Problem('quota-exceeded')
    const usedBytes =
      (await roomStore(db).linkedBytes(namespaceId)) +
      (await proxiedBlobStore(db).missingBytes(namespaceId))
    const overBytes = usedBytes + imageBytes - limit
    if (overBytes <= 0) return
    // What was let go before may still be counted: nobody frees more than the image takes.
    const going = await choose(namespaceId, Math.min(overBytes, imageBytes))
    if (going === undefined) throw new Problem('quota-exceeded')
    await letGo(namespaceId, going)
  }

  /** The tags to end; undefined when all of them together are not enough. */
  async function choose(namespaceId: number, bytes: number): Promise<Dispensable[] | undefined> {
    const store = roomStore(db)
    const now = clock.now()
    const over = { holds: now, tags: now - (await store.findWindowMs(namespaceId)) }
    const weigh = createScales(namespaceId, over)
    const going: Dispensable[] = []
    let freed = 0
    let after: EndsAt = { end: over.tags, id: 0 }
    for (let examined = 0; examined < examinedAtMost; examined += examinedAtOnce) {
      const page = await store.listByEnd(namespaceId, over, after, examinedAtOnce)
      for (const tag of page) {
        going.push(tag)
        freed += await weigh(tag)
        if (freed >= bytes) return going
        await otherWork()
      }
      const last = page.at(-1)
      if (last === undefined || page.length < examinedAtOnce) return undefined
      after = { end: last.lifetime_end_ms, id: last.id }
    }
    return undefined
  }

  /** Says what each tag that goes frees, after those that went before. */
  function createScales(namespaceId: number, over: Over) {
    const store = roomStore(db)
    const goneTags = new Set<number>()
    const goneManifests = new Set<number>()
    const counted = new Set<string>()

    async function isKept(repositoryId: number, manifestId: number): Promise<boolean> {
      const tags = await store.listKeeping(manifestId, over)
      if (tags.some((id) => !goneTags.has(id))) return true
      const parents = await store.listParents(repositoryId, manifestId)
      return parents.some((id) => !goneManifests.has(id))
    }

    return async ({ id, repository_id, manifest_id }: Dispensable): Promise<number> => {
      goneTags.add(id)
      let freed = 0
      const below = new Set([manifest_id])
      for (const manifest of below) {
        if (goneManifests.has(manifest) || (await isKept(repository_id, manifest))) continue
        goneManifests.add(manifest)
        for (const child of await store.listChildren(repository_id, manifest)) below.add(child)
        for (const blob of await store.listBlobs(namespaceId, manifest)) {
          if (counted.has(blob.digest)) continue
          if (blob.manifests.some((other) => !goneManifests.has(other))) continue
          counted.add(blob.digest)
          freed += blob.sizeBytes
        }
      }
      return freed
    }
  }

  async function letGo(namespaceId: number, going: readonly Dispensable[]): Promise<void> {
    const windowMs = await roomStore(db).findWindowMs(namespaceId)
    for (const [repositoryId, tags] of Map.groupBy(going, (tag) => tag.repository_id)) {
      await db.transaction().execute(async (tx) => {
        await tagStore(tx).lockRepository(repositoryId)
        const now = clock.now()
        for (const tag of tags) {
          await roomStore(tx).endForGood(tag, tag.hidden === 1 ? now : now - windowMs)
        }
      })
      await otherWork()
    }
    const live = going.filter((tag) => tag.live_name !== null).map((tag) => tag.name)
    log.info({ namespaceId, count: going.length, tags: live.slice(0, 20) }, 'proxy cache made room')
  }

  return {
    /**
     * Does what brings an image in, once there is room for it; whoever comes next counts it as here.
     * @throws Problem `quota-exceeded` when the image does not fit, whatever goes
     */
    async within<T>(
      { organizationId }: Pick<ProxyCache, 'organizationId'>,
      imageBytes: number,
      work: () => Promise<T>,
    ): Promise<T> {
      if (limitBytes === undefined) return work()
      const before = queues.get(organizationId) ?? Promise.resolve()
      const mine = before
        .catch(() => undefined)
        .then(() => make(organizationId, imageBytes, limitBytes))
        .then(work)
      queues.set(organizationId, mine)
      try {
        return await mine
      } finally {
        if (queues.get(organizationId) === mine) queues.delete(organizationId)
      }
    },
  }
}
