import { z } from 'zod'

import { isDigest, type Digest } from '../../storage/digest.ts'

const Index = z.object({
  manifests: z.array(
    z.object({
      digest: z.string().refine((text): text is Digest => isDigest(text)),
      platform: z
        .object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() })
        .nullish(),
      annotations: z.record(z.string(), z.string()).nullish(),
    }),
  ),
})

export interface KeptChildren {
  readonly keptPlatforms: readonly string[]
  readonly missingPlatforms: readonly string[]
  readonly absent: ReadonlySet<Digest>
}

/** What BuildKit says of an attestation: which image it is about. */
const about = 'vnd.docker.reference.digest'

/**
 * The children of an index that stay behind when only some platforms are carried. What is for no
 * platform stays with the image that it is about.
 */
export function filterChildren(bytes: Buffer, platforms: readonly string[]): KeptChildren {
  const { manifests } = Index.parse(JSON.parse(bytes.toString('utf8')))
  const keptPlatforms = new Set<string>()
  const missingPlatforms = new Set<string>()
  const absent = new Set<Digest>()
  for (const { digest, platform } of manifests) {
    if (platform === null || platform === undefined || platform.os === 'unknown') continue
    const text = platformText(platform)
    if (platforms.some((wanted) => isSamePlatform(wanted, text))) keptPlatforms.add(text)
    else {
      missingPlatforms.add(text)
      absent.add(digest)
    }
  }
  for (const { digest, annotations } of manifests) {
    const subject = annotations?.[about]
    if (subject !== undefined && isDigest(subject) && absent.has(subject)) absent.add(digest)
  }
  return { keptPlatforms: [...keptPlatforms], missingPlatforms: [...missingPlatforms], absent }
}

/** The platforms of some children, as far as the list says. */
export function platformsIn(bytes: Buffer, children: readonly string[]): readonly string[] {
  const { manifests } = Index.parse(JSON.parse(bytes.toString('utf8')))
  const platforms = manifests.flatMap(({ digest, platform }) =>
    platform && platform.os !== 'unknown' && children.includes(digest)
      ? [platformText(platform)]
      : [],
  )
  return [...new Set(platforms)]
}

type Platform = NonNullable<z.output<typeof Index>['manifests'][number]['platform']>

function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

/** `amd64` and `linux/arm64` leave open what they do not say. */
function isSamePlatform(wanted: string, found: string): boolean {
  const full = wanted.includes('/') ? wanted : `linux/${wanted}`
  return found === full || found.startsWith(`${full}/`)
}
