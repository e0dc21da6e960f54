import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { TagName } from './tag-name.ts'
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

/**
 * Points a tag at a manifest inside the caller's transaction, which holds the repository's lock. The
 * row that carried the name before becomes history, also when it pointed at the same manifest.
 * @throws Problem `tag-immutable`
 */
export async function pointTag(
  tx: Db,
  target: { repositoryId: number; name: TagName; manifestId: number },
  now: Instant,
): Promise<void> {
  const tags = tagStore(tx)
  const current = await tags.findCurrent(target.repositoryId, target.name)
  if (isLive(current, now) && current.immutable === 1) {
    throw new Problem('tag-immutable', { tag: target.name })
  }
  if (current !== undefined) await tags.close(current.id, now)
  await tags.insert({ ...target, start: now, end: null })
  if (current !== undefined && current.manifest_id !== target.manifestId) {
    await endCompanions(tx, target.repositoryId, current.manifest_id, now)
  }
}

/**
 * Ends a tag inside the caller's transaction; history keeps it.
 * @throws Problem `manifest-unknown` when there is no such live tag, `tag-immutable`.
 */
export async function endTag(tx: Db, repositoryId: number, name: TagName, now: Instant) {
  const tags = tagStore(tx)
  const current = await tags.findCurrent(repositoryId, name)
  if (!isLive(current, now)) throw new Problem('manifest-unknown', { tag: name })
  if (current.immutable === 1) throw new Problem('tag-immutable', { tag: name })
  await tags.close(current.id, now)
  await endCompanions(tx, repositoryId, current.manifest_id, now)
}

/**
 * Ends the signature-like tags of a manifest (cosign's `sha256-<hex>.sig`, `.att`, `.sbom`) once no
 * visible tag is left on it (registry-protocol, 6.5).
 */
export async function endCompanions(
  tx: Db,
  repositoryId: number,
  manifestId: number,
  now: Instant,
): Promise<void> {
  const tags = tagStore(tx)
  if ((await tags.listLiveOf(manifestId, now)).length > 0) return
  const digest = await tags.findDigestOf(manifestId)
  if (digest === undefined) return
  for (const suffix of ['sig', 'att', 'sbom']) {
    const companion = await tags.findCurrent(repositoryId, `${digest.replace(':', '-')}.${suffix}`)
    if (isLive(companion, now) && companion.immutable === 0) await tags.close(companion.id, now)
  }
}
