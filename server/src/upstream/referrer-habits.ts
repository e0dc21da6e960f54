import { LRUCache } from 'lru-cache'

import type { Stopwatch } from '../platform/stopwatch.ts'
import type { UpstreamTarget } from './upstream-target.ts'

export type ReferrerHabits = ReturnType<typeof createReferrerHabits>

const rememberMs = 3_600_000

/**
 * Which upstreams have no referrers API but tags that stand in for it, so that they are not asked in
 * vain for every image. Registries learn, so it is forgotten after a while.
 */
export function createReferrerHabits({ elapsed }: { elapsed: Stopwatch }) {
  const tagsUntil = new LRUCache<string, number>({ max: 5_000 })

  return {
    keepsTags: ({ identity }: UpstreamTarget): boolean =>
      elapsed() < (tagsUntil.get(identity) ?? -Infinity),

    noteTags({ identity }: UpstreamTarget): void {
      tagsUntil.set(identity, elapsed() + rememberMs)
    },
  }
}
