import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleEntry, OpenBundle } from '../../bundles/bundle.ts'
import { isProblem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { parseManifest, type ParsedManifest } from '../manifests/parse-manifest.ts'

export interface EntryClosure {
  /** Children before what lists them, the entry itself last. */
  readonly manifests: readonly Digest[]
  readonly blobs: ReadonlyMap<Digest, number>
  /** Children that an index names and the bundle left out. */
  readonly isSparse: boolean
}

export type OpenedClosures = ReturnType<typeof createOpenedClosures>

/** What each entry of a bundle needs, read off the manifests that every bundle carries. */
export function createOpenedClosures(bundle: OpenBundle) {
  const parsed = new Map<Digest, ParsedManifest>()

  async function read(digest: Digest): Promise<ParsedManifest> {
    const known = parsed.get(digest)
    if (known !== undefined) return known
    const { bytes, mediaType } = await bundle.manifest(digest)
    try {
      const manifest = parseManifest(bytes, mediaType)
      parsed.set(digest, manifest)
      return manifest
    } catch (error) {
      if (!isProblem(error)) throw error
      throw new BundleFault('closure-incomplete', `${digest} is no manifest that is known here.`, {
        digest,
      })
    }
  }

  return {
    read,

    /** @throws BundleFault `closure-incomplete` when the bundle does not name what an image needs. */
    async of(entry: BundleEntry): Promise<EntryClosure> {
      const manifests: Digest[] = []
      const blobs = new Map<Digest, number>()
      const absent = new Set(entry.absent ?? [])
      const met = new Set<Digest>()
      let isSparse = false

      async function visit(digest: Digest): Promise<void> {
        if (met.has(digest)) return
        met.add(digest)
        const manifest = await read(digest)
        for (const child of manifest.children) {
          const isHere = bundle.find(child.digest)?.kind === 'manifest'
          if (isHere && !absent.has(child.digest)) await visit(child.digest)
          else if (absent.has(child.digest)) isSparse = true
          else throw incomplete(entry, child.digest)
        }
        for (const { digest: blob, sizeBytes } of manifest.blobs) {
          const known = bundle.find(blob)
          if (known?.sizeBytes !== sizeBytes) throw incomplete(entry, blob)
          blobs.set(blob, sizeBytes)
        }
        manifests.push(digest)
      }

      await visit(entry.digest)
      return { manifests, blobs, isSparse }
    },
  }
}

const incomplete = ({ reference }: BundleEntry, digest: Digest) =>
  new BundleFault('closure-incomplete', `${reference} needs ${digest}.`, { digest })
