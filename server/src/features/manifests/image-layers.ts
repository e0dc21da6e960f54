import { z } from 'zod'

import type { Instant } from '../../platform/clock.ts'
import { isNonDistributable } from './manifest-media-types.ts'

export interface ImageLayer {
  readonly digest: string
  readonly sizeBytes: number
  readonly isRemote: boolean
  readonly urls: readonly string[] | undefined
  readonly command: readonly string[] | undefined
  readonly comment: string | undefined
  readonly author: string | undefined
  readonly created: Instant | undefined
}

/** What stands for a step that made no layer: an empty archive, compressed. */
const emptyLayer = {
  digest: 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4',
  sizeBytes: 32,
  isRemote: false,
  urls: undefined,
}

const Manifest = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.number(),
      urls: z.array(z.string()).nullish(),
    }),
  ),
})

const text = z.string().optional().catch(undefined)
const Step = z.object({
  created: text,
  created_by: text,
  comment: text,
  author: text,
  empty_layer: z.boolean().optional().catch(undefined),
})
const Config = z.object({ history: z.array(Step).max(10_000) })

type Step = z.infer<typeof Step>

/**
 * The layers of an image, base first, with what its config tells of each. Steps that made no layer
 * are listed too. Where the two do not fit together, the layers alone are.
 */
export function imageLayers(manifest: unknown, config: unknown): readonly ImageLayer[] {
  const layers = Manifest.parse(manifest).layers.map(({ mediaType, digest, size, urls }) => ({
    ...{ digest, sizeBytes: size },
    isRemote: isNonDistributable(mediaType),
    urls: urls ?? undefined,
  }))
  const parsed = Config.safeParse(config)
  const steps = parsed.success ? parsed.data.history : []
  if (steps.filter((step) => step.empty_layer !== true).length !== layers.length) {
    return layers.map((layer) => ({ ...layer, ...describe(undefined) }))
  }
  const left = layers.values()
  return steps.map((step) => {
    const layer = step.empty_layer === true ? undefined : left.next().value
    return { ...(layer ?? emptyLayer), ...describe(step) }
  })
}

function describe(step: Step | undefined) {
  const created = Date.parse(step?.created ?? '')
  return {
    command: step?.created_by === undefined ? undefined : commandOf(step.created_by),
    comment: step?.comment,
    author: step?.author,
    created: Number.isNaN(created) ? undefined : created,
  }
}

/** Some builders write the words of a command as JSON. */
function commandOf(createdBy: string): readonly string[] | undefined {
  if (createdBy === '') return undefined
  try {
    const words = z.array(z.string()).safeParse(JSON.parse(createdBy))
    if (words.success) return words.data
  } catch {
    // Plain text, as most are.
  }
  return [createdBy]
}
