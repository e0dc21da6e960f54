import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import { parseDigest } from '../../storage/digest.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { pullStatisticsStore, type Pulls } from './pull-statistics-store.ts'

export type PullStatistics = ReturnType<typeof createPullStatistics>

export interface Pull {
  readonly repositoryId: number
  readonly manifestId: number
  /** When it was pulled by tag. */
  readonly tag?: string | undefined
}

interface Waiting {
  readonly pull: Pull
  count: number
  last: Instant
}

const waitingAtMost = 20_000
const batch = 200

/**
 * How often tags and manifests were pulled (FEATURE_IMAGE_PULL_STATS). Pulls are counted in memory and
 * added by a worker, so that none waits for it; a crash loses what was not yet added.
 */
export function createPullStatistics({
  db,
  clock,
  enabled,
}: {
  db: Db
  clock: Clock
  enabled: boolean
}) {
  const waiting = new Map<string, Waiting>()
  const store = pullStatisticsStore(db)

  async function ofManifest(manifestId: number) {
    const found = await store.findManifest(manifestId)
    return { count: found?.pull_count ?? 0, last: found?.last_pulled_at ?? null }
  }

  return {
    record(pull: Pull): void {
      if (!enabled) return
      const key = `${String(pull.manifestId)} ${pull.tag ?? ''}`
      const found = waiting.get(key)
      if (found !== undefined) {
        found.count++
        found.last = clock.now()
      } else if (waiting.size < waitingAtMost) {
        waiting.set(key, { pull, count: 1, last: clock.now() })
      }
    },

    /** Adds what has been counted. */
    write: (async () => {
      const due = [...waiting].slice(0, batch)
      if (due.length === 0) return 'idle'
      for (const [key] of due) waiting.delete(key)
      try {
        await db.transaction().execute(async (tx) => {
          const statistics = pullStatisticsStore(tx)
          for (const [, { pull, count, last }] of due) {
            const pulls: Pulls = { count, last }
            await statistics.addToManifest(pull.manifestId, pulls)
            if (pull.tag !== undefined) {
              await statistics.addToTag(pull.repositoryId, pull.tag, pulls)
            }
          }
        })
      } catch (error) {
        for (const [key, one] of due) {
          const since = waiting.get(key)
          if (since === undefined) waiting.set(key, one)
          else since.count += one.count
        }
        throw error
      }
      return due.length === batch ? 'more' : 'idle'
    }) satisfies Step,

    /** @throws Problem `not-found` without such a live tag */
    async ofTag(repositoryId: number, tag: string) {
      const manifest = await manifestStore(db).findByTag(repositoryId, tag, clock.now())
      if (manifest === undefined) throw new Problem('not-found')
      const found = await store.findTag(repositoryId, tag)
      return {
        digest: manifest.digest,
        count: found?.pull_count ?? 0,
        last: found?.last_pulled_at ?? null,
        manifest: await ofManifest(manifest.id),
      }
    },

    /** @throws Problem `not-found` without such a manifest that is alive */
    async ofDigest(repositoryId: number, digest: string) {
      const manifests = manifestStore(db)
      const manifest = await manifests.findByDigest(repositoryId, parseDigest(digest))
      const isAlive =
        manifest !== undefined && (await manifests.isAlive(repositoryId, manifest.id, clock.now()))
      if (!isAlive) throw new Problem('not-found')
      return { digest: manifest.digest, ...(await ofManifest(manifest.id)) }
    },
  }
}
