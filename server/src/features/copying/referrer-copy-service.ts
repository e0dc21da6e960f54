import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { isTagName, type TagName } from '../tags/tag-name.ts'
import { eachAtOnce } from '../../work/at-once.ts'
import type { CopyTask } from './copy-task.ts'
import type { ManifestCopy } from './manifest-copy-service.ts'

/** A signature of a list of vulnerabilities of an image is three deep. */
const depthAtMost = 4
const subjectsAtOnce = 4
const companionSuffixes = ['sig', 'att', 'sbom']

export type ReferrerCopy = ReturnType<typeof createReferrerCopy>

/** Copies what others have attached to manifests: referrers, and the tags that cosign made before those. */
export function createReferrerCopy({
  database,
  clock,
  manifests,
}: {
  database: Database
  clock: Clock
  manifests: ManifestCopy
}) {
  const known = manifestStore(database.db)

  async function copyReferrers(
    task: CopyTask,
    subjects: readonly Digest[],
    depth = 1,
  ): Promise<void> {
    const { upstream, repositoryId, knownTags, signal } = task.request
    const fresh = subjects.filter((subject) => !task.subjects.has(subject))
    for (const subject of fresh) task.subjects.add(subject)
    await eachAtOnce(fresh, subjectsAtOnce, async (subject) => {
      const found = await upstream.listReferrers(subject, { signal, knownTags })
      const digests = [...new Set(found.map(({ digest }) => digest))]
      for (const digest of digests) {
        const isHere = (await known.findByDigest(repositoryId, digest)) !== undefined
        await manifests.copy(task, digest, [])
        if (!isHere) task.tally.referrers += 1
      }
      if (depth < depthAtMost) await copyReferrers(task, digests, depth + 1)
    })
  }

  /** @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage */
  async function copyCompanion(task: CopyTask, tag: TagName): Promise<void> {
    const { upstream, repositoryId, signal } = task.request
    const head = await upstream.headManifest(tag, signal)
    if (head === undefined) return
    const current = await known.findByTag(repositoryId, tag, clock.now())
    if (current !== undefined && current.digest === head.digest) return
    const manifest = await manifests.read(task, head.digest ?? tag, head.digest)
    if (current?.digest === manifest.digest) return
    await manifests.gather(task, manifest, [])
    await manifests.store(task, manifest, [tag])
    task.tally.referrers += 1
  }

  return {
    copyReferrers,

    async copyCompanions(task: CopyTask, subjects: readonly Digest[]): Promise<void> {
      const { knownTags } = task.request
      const tags = subjects
        .flatMap(companionsOf)
        .filter((tag) => tag !== task.request.tag && knownTags?.has(tag) !== false)
      await eachAtOnce(tags, subjectsAtOnce, (tag) => copyCompanion(task, tag))
    },

    /** Whether the upstream lists a tag of cosign that is not here. */
    async lacksCompanion(
      repositoryId: number,
      subjects: readonly Digest[],
      knownTags: ReadonlySet<string>,
    ): Promise<boolean> {
      for (const tag of subjects.flatMap(companionsOf)) {
        if (!knownTags.has(tag)) continue
        if ((await known.findByTag(repositoryId, tag, clock.now())) === undefined) return true
      }
      return false
    },
  }
}

function companionsOf(digest: Digest): TagName[] {
  return companionSuffixes
    .map((suffix) => `${digest.replace(':', '-')}.${suffix}`)
    .filter((name) => isTagName(name))
}
