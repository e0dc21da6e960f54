import type { Db } from '../../db/tables.ts'
import { reachabilityStore, type ManifestNode } from './reachability-store.ts'
import type { HistoryRules } from './tag-garbage-store.ts'

/**
 * Whether a manifest is still needed: a root, or kept by one. Roots are manifests with a tag that
 * lives or can be restored, or with a hold that runs. An index keeps its children; a manifest keeps
 * its referrers until they are deleted, so the endless hold of a referrer counts by itself only where
 * its subject is missing.
 *
 * Looks upward from the manifest, towards what keeps it, so the cost is that of its own surroundings.
 * Counting references instead would keep cycles for ever (an index that refers to its own child's
 * signature).
 *
 * @returns what needs to go with it, or undefined when the manifest is needed: nothing above it is.
 */
export async function findUnneeded(
  db: Db,
  start: ManifestNode,
  rules: HistoryRules,
): Promise<ManifestNode[] | undefined> {
  const store = reachabilityStore(db)
  const seen = new Map([[start.id, start]])
  for (const node of seen.values()) {
    const { id, repository_id, digest, subject_digest } = node
    const subject =
      subject_digest === null ? undefined : await store.findByDigest(repository_id, subject_digest)
    const isRoot = await store.hasReason({
      manifest: id,
      now: rules.now,
      cutoff: rules.cutoff,
      immutableAtMost: rules.immutableTagsCanExpire ? 1 : 0,
      endlessAtMost: subject === undefined ? 1 : 0,
    })
    if (isRoot) return undefined
    // A referrer that somebody deleted is not kept by its subject.
    if (subject !== undefined && !seen.has(subject.id) && (await store.hasEndlessHold(id))) {
      seen.set(subject.id, subject)
    }
    for (const parent of await store.listParents(repository_id, digest)) {
      if (!seen.has(parent.id)) seen.set(parent.id, parent)
    }
  }
  return [...seen.values()]
}
