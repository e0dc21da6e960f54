import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import type { Reference } from '../manifests/manifest-reference.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { cachedManifestStore } from './cached-manifest-store.ts'
import type { ProxyCache } from './proxy-caches-service.ts'

export type CachedManifests = ReturnType<typeof createCachedManifests>

/** A manifest that is here, perhaps longer than it should be. */
export interface Cached {
  readonly manifestId: number
  readonly digest: string
  readonly mediaType: string
  /** Its time has not run out. */
  readonly isFresh: boolean
  readonly isImmutable: boolean
}

/** The end of a tag is moved once it would move by this share of its life: not on every pull. */
const renewedShare = 0.01

/** When something that is asked for now ends; null: never. */
export function endOf({ lifeMs }: ProxyCache, now: Instant): Instant | null {
  return lifeMs === null ? null : now + lifeMs
}

/** What a cache holds, and for how long. */
export function createCachedManifests({ db, clock }: { db: Db; clock: Clock }) {
  async function findByTag(repositoryId: number, name: string): Promise<Cached | undefined> {
    const now = clock.now()
    const tag = await cachedManifestStore(db).findTag(repositoryId, name)
    return (
      tag && {
        manifestId: tag.manifest_id,
        digest: tag.digest,
        mediaType: tag.media_type,
        isFresh: tag.lifetime_end_ms === null || tag.lifetime_end_ms > now,
        isImmutable: tag.immutable === 1,
      }
    )
  }

  /** Whether an end has to be moved. */
  function isDue({ lifeMs }: ProxyCache, end: Instant | null, present: Instant | null): boolean {
    if (end === null || lifeMs === null) return present !== null
    return present === null || end - present > lifeMs * renewedShare
  }

  async function renewTag(cache: ProxyCache, repositoryId: number, name: string, cached: Cached) {
    const end = endOf(cache, clock.now())
    const tag = await cachedManifestStore(db).findTag(repositoryId, name)
    if (tag?.manifest_id !== cached.manifestId) return false
    if (!isDue(cache, end, tag.lifetime_end_ms)) return true
    return db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      const current = await tagStore(tx).findCurrent(repositoryId, name)
      if (current?.id !== tag.id) return false
      await cachedManifestStore(tx).setEnds([current.id], end)
      return true
    })
  }

  async function renewDigest(cache: ProxyCache, repositoryId: number, cached: Cached) {
    const now = clock.now()
    const end = endOf(cache, now)
    const manifest = { id: cached.manifestId, digest: cached.digest }
    const ends = await cachedManifestStore(db).listEnds(repositoryId, manifest, now)
    const due = ends.filter((row) => isDue(cache, end, row.end)).map((row) => row.id)
    if (due.length === 0) return cached.isFresh
    return db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      await cachedManifestStore(tx).setEnds(due, end)
      return manifestStore(tx).isAlive(repositoryId, cached.manifestId, now)
    })
  }

  return {
    async find(repositoryId: number, reference: Reference): Promise<Cached | undefined> {
      if (reference.kind === 'tag') return findByTag(repositoryId, reference.tag)
      const manifests = manifestStore(db)
      const manifest = await manifests.findByDigest(repositoryId, reference.digest)
      return (
        manifest && {
          manifestId: manifest.id,
          digest: manifest.digest,
          mediaType: manifest.media_type,
          isFresh: await manifests.isAlive(repositoryId, manifest.id, clock.now()),
          isImmutable: false,
        }
      )
    },

    /**
     * What was asked for keeps living; by its digest, with the indexes above it.
     * @returns false when it was collected, or moved, meanwhile.
     */
    renew: (
      cache: ProxyCache,
      repositoryId: number,
      reference: Reference,
      cached: Cached,
    ): Promise<boolean> =>
      reference.kind === 'tag'
        ? renewTag(cache, repositoryId, reference.tag, cached)
        : renewDigest(cache, repositoryId, cached),

    /** Whether anything attached to it is here, and not past its time. */
    hasReferrers: async (repositoryId: number, subject: Digest): Promise<boolean> => {
      const query = { repositoryId, subject, artifactType: undefined, after: '', limit: 1 }
      return (await manifestStore(db).listReferrers({ ...query, now: clock.now() })).length > 0
    },

    /** @returns undefined when it was collected meanwhile */
    read: ({ digest }: Cached): Promise<Buffer | undefined> =>
      manifestStore(db).readContent(digest),
  }
}
