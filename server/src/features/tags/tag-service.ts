import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { tagStore, type LiveTag } from './tag-store.ts'

export type TagService = ReturnType<typeof createTagService>

export function createTagService({ database, clock }: { database: Database; clock: Clock }) {
  return {
    /** Names of live tags in lexical order, at most `limit`, after `after`. */
    listNames: (repositoryId: number, after: string, limit: number) =>
      tagStore(database.db).listNames(repositoryId, after, limit, clock.now()),

    /** Tells a tag that was once there from one that never was. */
    hasHistory: (repositoryId: number, name: string) =>
      tagStore(database.db).hasHistory(repositoryId, name),
  }
}

/** A tag that has not run out. */
export function isLive(tag: LiveTag | undefined, now: Instant): tag is LiveTag {
  return tag !== undefined && (tag.lifetime_end_ms === null || tag.lifetime_end_ms > now)
}
