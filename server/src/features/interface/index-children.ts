import { z } from 'zod'

export interface IndexChild {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | null
  readonly platform: {
    readonly os: string | null
    readonly architecture: string | null
    readonly variant: string | null
  } | null
}

const text = z.string().nullish().catch(null)
const Index = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      mediaType: z.string().catch(''),
      artifactType: text,
      platform: z.object({ os: text, architecture: text, variant: text }).nullish().catch(null),
    }),
  ),
})

/** What an index lists, in its order; nothing when it cannot be read. */
export function indexChildren(content: string | undefined): readonly IndexChild[] {
  if (content === undefined) return []
  try {
    return Index.parse(JSON.parse(content)).manifests.map(
      ({ digest, mediaType, artifactType, platform }) => ({
        ...{ digest, mediaType, artifactType: artifactType ?? null },
        platform: platform
          ? {
              os: platform.os ?? null,
              architecture: platform.architecture ?? null,
              variant: platform.variant ?? null,
            }
          : null,
      }),
    )
  } catch {
    return []
  }
}
