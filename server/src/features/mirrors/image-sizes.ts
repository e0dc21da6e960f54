import type { Digest } from '../../storage/digest.ts'
import type { UpstreamManifest } from '../../upstream/upstream.ts'
import { chooseChildren } from '../copying/platform-filter.ts'
import { parseManifest } from '../manifests/parse-manifest.ts'

const limits = { sizeBytes: 10 * 1024 * 1024, entries: 1_000 }

/**
 * How large the parts of an image are, without fetching any but its manifests.
 * @param find undefined: no more may be asked for
 * @returns undefined when something of it could not be asked for
 */
export async function imageSizes(
  reference: string,
  architectures: readonly string[],
  find: (reference: string) => Promise<UpstreamManifest | undefined>,
): Promise<ReadonlyMap<Digest, number> | undefined> {
  const sizes = new Map<Digest, number>()
  const waiting = [reference]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const manifest = await find(next)
    if (manifest === undefined) return undefined
    const { digest, bytes, mediaType } = manifest
    if (sizes.has(digest)) continue
    sizes.set(digest, bytes.length)
    const { blobs, children } = parseManifest(bytes, mediaType)
    for (const blob of blobs) sizes.set(blob.digest, blob.sizeBytes)
    const isNarrowed = children.length > 0 && architectures.length > 0
    waiting.push(
      ...(isNarrowed
        ? chooseChildren(bytes, architectures, limits).digests
        : children.map((child) => child.digest)),
    )
  }
  return sizes
}
