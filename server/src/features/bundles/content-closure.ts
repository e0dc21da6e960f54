import { setImmediate as otherWork } from 'node:timers/promises'

import type { BlobKind, BundleEntry } from '../../bundles/bundle.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { pinStore } from './pin-store.ts'
import type { ManifestContent } from '../manifests/manifest-content.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { parseManifest } from '../manifests/parse-manifest.ts'
import { filterChildren } from './platform-filter.ts'

/** A manifest that a bundle is to carry, under the name by which it was asked for. */
export interface ClosureRoot {
  readonly repositoryId: number
  /** Of another registry, where its content is not here yet. */
  readonly reader?: ManifestReader | undefined
  /** `host/org/app`, without tag or digest. */
  readonly name: string
  readonly reference: string
  readonly digest: Digest
  /** Instead of those that were chosen for all. */
  readonly platforms?: readonly string[] | undefined
}

/** Where the manifests of an image are. */
export interface ManifestReader {
  find(digest: Digest): Promise<{ bytes: Buffer; mediaType: string } | undefined>
  listReferrers(subject: Digest): Promise<readonly Digest[]>
  /** What a tag of the same repository is on. */
  findTag(tag: string): Promise<Digest | undefined>
}

export interface ClosureBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly kind: BlobKind
  readonly mediaType?: string | undefined
}

export interface RootClosure {
  readonly entries: readonly BundleEntry[]
  readonly blobs: readonly ClosureBlob[]
}

const referrerDepth = 4
const companionSuffixes = ['sig', 'att', 'sbom']
const referrersAtOnce = 100
const referrersAtMost = 10_000
const manifestsBetweenTurns = 50

/** Why an image cannot be carried. */
export class ClosureProblem extends Error {
  override readonly name = 'ClosureProblem'
}

/**
 * Walks from a manifest to everything that it needs, and to what refers to it. Fails with a
 * ClosureProblem when some of that is not here.
 */
export function createContentClosure({
  db,
  content,
  now,
  platforms: forAll,
  withReferrers,
}: {
  db: Db
  content: ManifestContent
  now: Instant
  /** Undefined: all. */
  platforms: readonly string[] | undefined
  withReferrers: boolean
}) {
  const manifests = manifestStore(db)
  const pins = pinStore(db)
  const present = new Set<Digest>()
  let visited = 0

  async function requireBlobs(blobs: ReadonlyMap<Digest, ClosureBlob>): Promise<void> {
    const unseen = [...blobs.values()].filter(
      ({ kind, digest }) => kind !== 'manifest' && !present.has(digest),
    )
    const found = await pins.findBlobs(unseen.map(({ digest }) => digest))
    for (const digest of found.keys()) present.add(digest)
    const missing = unseen.find(({ digest }) => !found.has(digest))
    if (missing !== undefined) {
      throw new ClosureProblem(`The blob ${missing.digest} of it is not in this registry.`)
    }
  }

  const localReader = (repositoryId: number): ManifestReader => ({
    async find(digest) {
      const row = await manifests.findByDigest(repositoryId, digest)
      if (row === undefined) return undefined
      return { bytes: await readContent(content, digest), mediaType: row.media_type }
    },
    listReferrers: (subject) => listReferrers(repositoryId, subject),
    async findTag(tag) {
      const row = await manifests.findByTag(repositoryId, tag, now)
      return row && parseDigest(row.digest)
    },
  })

  async function listReferrers(repositoryId: number, subject: Digest) {
    const all: Digest[] = []
    for (let after = ''; all.length < referrersAtMost;) {
      const page = await manifests.listReferrers({
        ...{ repositoryId, subject, after, now, limit: referrersAtOnce },
        artifactType: undefined,
      })
      for (const row of page) all.push(parseDigest(row.digest))
      if (page.length < referrersAtOnce) break
      after = page.at(-1)?.digest ?? ''
    }
    return all
  }

  const readerOf = ({ reader, repositoryId }: ClosureRoot) => reader ?? localReader(repositoryId)

  return {
    /** Signatures of cosign beside an image, which are tags named after its digest. */
    async findCompanions(root: ClosureRoot, digests: readonly Digest[]): Promise<ClosureRoot[]> {
      const reader = readerOf(root)
      const found: ClosureRoot[] = []
      for (const digest of digests) {
        for (const suffix of companionSuffixes) {
          const tag = `${digest.replace(':', '-')}.${suffix}`
          const companion = await reader.findTag(tag)
          if (companion === undefined) continue
          found.push({ ...root, reference: `${root.name}:${tag}`, digest: companion })
        }
      }
      return found
    },

    async walk(root: ClosureRoot): Promise<RootClosure> {
      const { platforms = forAll } = root
      const reader = readerOf(root)
      const entries: BundleEntry[] = []
      const blobs = new Map<Digest, ClosureBlob>()

      /** One manifest with its children. @returns what of it stays behind, and what was met. */
      async function visit(digest: Digest, met: Digest[], absent: Digest[]) {
        const stored = await reader.find(digest)
        if (stored === undefined) return undefined
        if (++visited % manifestsBetweenTurns === 0) await otherWork()
        const { bytes } = stored
        const parsed = parseManifest(bytes, stored.mediaType)
        met.push(digest)
        blobs.set(digest, {
          ...{ digest, sizeBytes: bytes.length, kind: 'manifest', mediaType: parsed.mediaType },
        })
        for (const { digest: blob, sizeBytes } of parsed.blobs) {
          const kind = blob === parsed.configDigest ? 'config' : 'blob'
          if (!blobs.has(blob) || kind === 'config') {
            blobs.set(blob, { digest: blob, sizeBytes, kind })
          }
        }
        const filtered =
          platforms !== undefined && isIndexMediaType(parsed.mediaType)
            ? filterChildren(bytes, platforms)
            : undefined
        let kept = 0
        for (const child of parsed.children) {
          if (met.includes(child.digest)) continue
          const leftOut = filtered?.absent.has(child.digest) === true
          if (!leftOut && (await visit(child.digest, met, absent)) !== undefined) kept++
          else absent.push(child.digest)
        }
        if (filtered !== undefined && parsed.children.length > 0 && kept === 0) {
          throw new ClosureProblem(
            `It is for none of the platforms ${(platforms ?? []).join(', ')}.`,
          )
        }
        return { parsed, sizeBytes: bytes.length, filtered }
      }

      /** The manifest as an entry, after its referrers. @returns how many those are. */
      async function carry(
        digest: Digest,
        reference: string,
        depth: number,
        subject?: Digest,
      ): Promise<number> {
        const met: Digest[] = []
        const absent: Digest[] = []
        const found = await visit(digest, met, absent)
        if (found === undefined) throw new ClosureProblem('It is not in the registry.')
        const { parsed, sizeBytes, filtered } = found
        const at = entries.length
        let referrers = 0
        if (withReferrers && depth < referrerDepth) {
          for (const one of met) {
            for (const referrer of await reader.listReferrers(one)) {
              const known = blobs.has(referrer)
              if (known) continue
              const name = `${root.name}@${referrer}`
              referrers += 1 + (await carry(referrer, name, depth + 1, one))
            }
          }
        }
        entries.splice(at, 0, {
          ...{ reference, digest, mediaType: parsed.mediaType, sizeBytes, referrers },
          role: subject === undefined ? 'root' : 'referrer',
          ...(subject !== undefined && { subject }),
          ...(parsed.artifactType !== undefined && { artifactType: parsed.artifactType }),
          ...(filtered !== undefined &&
            filtered.missingPlatforms.length > 0 && {
              platforms: { kept: filtered.keptPlatforms, missing: filtered.missingPlatforms },
            }),
          ...(absent.length > 0 && { absent }),
        })
        return referrers
      }

      await carry(root.digest, root.reference, 0)
      if (root.reader === undefined) await requireBlobs(blobs)
      return { entries, blobs: [...blobs.values()] }
    },
  }
}

async function readContent(content: ManifestContent, digest: Digest): Promise<Buffer> {
  try {
    return await content.read(digest)
  } catch (error) {
    if (!isProblem(error, 'manifest-unknown')) throw error
    throw new ClosureProblem('It was removed a moment ago.', { cause: error })
  }
}
