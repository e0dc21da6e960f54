import { z } from 'zod'
import { CopyFault } from './copy-fault.ts'

const Platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().nullish(),
})

const Entries = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      platform: Platform.nullish().catch(null),
      annotations: z.record(z.string(), z.string()).nullish().catch(null),
    }),
  ),
})

type Entry = z.infer<typeof Entries>['manifests'][number]

/** What buildx puts beside an image in an index: https://docs.docker.com/build/metadata/attestations */
const attestationOf = 'vnd.docker.reference.digest'

/** Of an index that platforms are chosen from. */
export interface IndexLimits {
  /** REPO_MIRROR_MAX_MANIFEST_LIST_SIZE */
  readonly sizeBytes: number
  /** Entries beyond are not seen (REPO_MIRROR_MAX_MANIFEST_ENTRIES). */
  readonly entries: number
}

export interface ChosenChildren {
  readonly digests: readonly string[]
  /** Some were left out. */
  readonly isSparse: boolean
}

/** `arm64`, `linux/arm64` and `linux/arm/v7` all name platforms; case does not matter. */
export function isWanted(
  platform: { os: string; architecture: string; variant?: string | null | undefined },
  platforms: readonly string[],
): boolean {
  const { os, architecture, variant } = platform
  const names = [architecture, `${os}/${architecture}`]
  if (variant) names.push(`${os}/${architecture}/${variant}`)
  const known = new Set(names.map((name) => name.toLowerCase()))
  return platforms.some((wanted) => known.has(wanted.toLowerCase()))
}

/**
 * The entries of an index to copy when only some platforms are wanted. What names no platform is always
 * among them; attestations go with the image that they are about.
 * @throws CopyFault `no-matching-platform`, `manifest-invalid` when the index is too large
 */
export function chooseChildren(
  index: Buffer,
  platforms: readonly string[],
  limits: IndexLimits,
): ChosenChildren {
  if (index.length > limits.sizeBytes) {
    throw new CopyFault(
      'manifest-invalid',
      `The index has ${String(index.length)} bytes; platforms are chosen from at most ${String(limits.sizeBytes)}`,
    )
  }
  const all = Entries.parse(JSON.parse(index.toString())).manifests
  const looked = all.slice(0, limits.entries)
  const images = looked.filter(({ platform }) => platform && platform.architecture !== 'unknown')
  const wanted = images.filter(({ platform }) => platform && isWanted(platform, platforms))
  if (images.length > 0 && wanted.length === 0) {
    const isExact = platforms.some((name) => name.includes('/'))
    const available = [...new Set(images.map((image) => describe(image, isExact)))].sort()
    throw new CopyFault(
      'no-matching-platform',
      `No matching architectures. Requested: ${platforms.join(', ')}, Available: ${available.join(', ')}`,
    )
  }
  const carried = new Set(wanted.map(({ digest }) => digest))
  const chosen = looked.filter((entry) => {
    if (carried.has(entry.digest)) return true
    if (images.includes(entry)) return false
    const about = entry.annotations?.[attestationOf]
    return about === undefined ? !entry.platform : carried.has(about)
  })
  const digests = [...new Set(chosen.map(({ digest }) => digest))]
  return { digests, isSparse: digests.length < new Set(all.map(({ digest }) => digest)).size }
}

function describe({ platform }: Entry, isExact: boolean): string {
  if (!platform) return ''
  const { os, architecture, variant } = platform
  if (!isExact) return architecture
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}
