import type { Db } from '../../db/tables.ts'
import type { Digest } from '../../storage/digest.ts'
import { eachAtOnce } from '../../work/at-once.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { asking } from './asking.ts'
import { imageSizes } from './image-sizes.ts'
import { failureOf } from './mirror-failure.ts'
import type { MirrorPreviews, PreviewWish } from './mirror-preview-service.ts'
import type { MirrorRow } from './mirror-store.ts'

export type MirrorEstimates = ReturnType<typeof createMirrorEstimates>

/** Some registries count each manifest as a pull, and the pulls are wanted later. */
const mostTags = 12
const mostManifests = 40
const tagsAtOnce = 4

/** How much a mirror would have to fetch, judged by some of its tags. */
export function createMirrorEstimates({
  db,
  previews,
}: {
  db: Db
  previews: Pick<MirrorPreviews, 'choose'>
}) {
  return {
    /** @throws Problem `request-invalid` with the reason for which the upstream gives nothing */
    estimate: (wish: PreviewWish, stored: MirrorRow | undefined, signal: AbortSignal) =>
      asking(signal, async (until) => {
        const { upstream, matched, platforms } = await previews.choose(wish, stored, until)
        const sizes = new Map<Digest, number>()
        let manifestsLeft = mostManifests
        let measured = 0
        await eachAtOnce(spread(matched, mostTags), tagsAtOnce, async (tag) => {
          const found = await sizesOf(tag, platforms, async (reference) => {
            if (manifestsLeft <= 0) return undefined
            manifestsLeft--
            return upstream.getManifest(reference, until)
          })
          if (found === undefined) return
          measured++
          for (const [digest, size] of found) sizes.set(digest, size)
        })
        let bytes = 0
        for (const [digest, size] of sizes) {
          if ((await blobStore(db).find(digest)) === undefined) bytes += size
        }
        const share = measured === 0 ? 0 : matched.length / measured
        return {
          ...{ tags: matched.length, measured, bytes },
          bytes_of_all: Math.round(bytes * share),
        }
      }),
  }
}

/** Undefined where the tag has nothing that can be measured; what concerns the others is thrown. */
async function sizesOf(...[tag, platforms, find]: Parameters<typeof imageSizes>) {
  try {
    return await imageSizes(tag, platforms, find)
  } catch (error) {
    const { code } = failureOf(error)
    if (code === 'not_found' || code === 'manifest_invalid') return undefined
    throw error
  }
}

/** So many at most, from the first to the last. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, items.length / most)
  return Array.from(
    { length: Math.min(items.length, most) },
    (_, at) => items[Math.floor(at * step)],
  ).filter((item) => item !== undefined)
}
