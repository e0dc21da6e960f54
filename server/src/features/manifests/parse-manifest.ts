import { z } from 'zod'
import { Problem } from '../../problem.ts'
import { isDigest, type Digest } from '../../storage/digest.ts'
import {
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  mediaTypes,
  type ManifestMediaType,
} from './manifest-media-types.ts'

/** What the registry needs to know of a manifest; the bytes themselves stay as they were sent. */
export interface ParsedManifest {
  readonly mediaType: ManifestMediaType
  /** Config and layers that this registry must hold. */
  readonly blobs: readonly { digest: Digest; sizeBytes: number }[]
  /** Manifests that an index lists. */
  readonly children: readonly ChildDescriptor[]
  readonly configMediaType?: string
  readonly configDigest?: Digest
  /** What the referrers list says: `artifactType`, else the config's media type (OCI 1.1). */
  readonly artifactType?: string
  readonly subject?: Digest
  readonly annotations: Readonly<Record<string, string>>
  readonly layersSizeBytes: number
}

export interface ChildDescriptor {
  readonly digest: Digest
  readonly mediaType: string
  readonly platform?: {
    readonly os: string
    readonly architecture: string
    readonly variant?: string | null | undefined
  }
}

const DigestText = z.string().refine(isDigest, 'is no sha256 or sha512 digest')
const Size = z.int().nonnegative('invalid size')
const Annotations = z.record(z.string(), z.string()).nullish()

const Descriptor = z.object({
  mediaType: z.string().max(255),
  digest: DigestText,
  size: Size,
  urls: z.array(z.string()).nullish(),
  artifactType: z.string().nullish(),
})

const ImageManifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().nullish(),
  artifactType: z.string().max(255).nullish(),
  config: Descriptor,
  layers: z.array(Descriptor).max(10_000),
  subject: Descriptor.nullish(),
  annotations: Annotations,
})

const Index = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().nullish(),
  artifactType: z.string().max(255).nullish(),
  manifests: z
    .array(
      Descriptor.extend({
        platform: z
          .object({
            os: z.string(),
            architecture: z.string(),
            variant: z.string().nullish().catch(null),
          })
          .nullish(),
      }),
    )
    .max(10_000),
  subject: Descriptor.nullish(),
  annotations: Annotations,
})

/**
 * Reads a manifest as it was pushed.
 * @param contentType the bare `Content-Type` of the push; empty or `application/json` means that the
 *   document itself says what it is.
 * @throws Problem `manifest-media-type` (415) for a type this registry does not take,
 *   `manifest-invalid` with the reason for everything else.
 */
export function parseManifest(bytes: Buffer, contentType: string): ParsedManifest {
  const document = parseDocument(bytes)
  const mediaType = decideMediaType(document, contentType)
  return isIndexMediaType(mediaType)
    ? describeIndex(check(Index, document), mediaType)
    : describeImage(check(ImageManifest, document), mediaType)
}

function parseDocument(bytes: Buffer): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw invalid(
      `failed to parse manifest: ${cause instanceof Error ? cause.message : 'no JSON'}`,
      cause,
    )
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw invalid('failed to parse manifest: the document is no JSON object')
  }
  return document as Record<string, unknown>
}

function decideMediaType(
  document: Record<string, unknown>,
  contentType: string,
): ManifestMediaType {
  const stated = typeof document['mediaType'] === 'string' ? document['mediaType'] : undefined
  const sent = contentType === '' || contentType === 'application/json' ? undefined : contentType
  const mediaType = sent ?? stated ?? guess(document)
  if (!isManifestMediaType(mediaType)) {
    throw new Problem('manifest-media-type', {
      message: 'manifest schema version not supported',
      mediaType: mediaType.slice(0, 200),
    })
  }
  if (stated !== undefined && stated !== mediaType) {
    throw invalid(
      `mediaType of the manifest is ${stated.slice(0, 200)}, Content-Type is ${mediaType}`,
    )
  }
  // A document that is both an image and an index could mean different things to different readers.
  if ('manifests' in document && ('layers' in document || 'config' in document)) {
    throw invalid('a manifest cannot have both manifests and config or layers')
  }
  return mediaType
}

function guess(document: Record<string, unknown>): string {
  if (document['schemaVersion'] === 1) return 'application/vnd.docker.distribution.manifest.v1+json'
  return Array.isArray(document['manifests']) ? mediaTypes.ociIndex : mediaTypes.ociManifest
}

function describeImage(
  image: z.infer<typeof ImageManifest>,
  mediaType: ManifestMediaType,
): ParsedManifest {
  for (const layer of image.layers) {
    if (isNonDistributable(layer.mediaType) && (layer.urls ?? []).length === 0) {
      throw invalid('missing `urls` for remote layer')
    }
  }
  const local = image.layers.filter((layer) => !isNonDistributable(layer.mediaType))
  const artifactType = image.artifactType ? image.artifactType : image.config.mediaType
  return {
    mediaType,
    blobs: unique([image.config, ...local]),
    children: [],
    configMediaType: image.config.mediaType,
    configDigest: image.config.digest,
    artifactType,
    ...(image.subject ? { subject: image.subject.digest } : {}),
    annotations: image.annotations ?? {},
    layersSizeBytes: image.layers.reduce((sum, layer) => sum + layer.size, 0),
  }
}

function describeIndex(index: z.infer<typeof Index>, mediaType: ManifestMediaType): ParsedManifest {
  return {
    mediaType,
    blobs: [],
    children: index.manifests.map(({ digest, mediaType, platform }) => ({
      digest,
      mediaType,
      ...(platform ? { platform } : {}),
    })),
    ...(index.artifactType ? { artifactType: index.artifactType } : {}),
    ...(index.subject ? { subject: index.subject.digest } : {}),
    annotations: index.annotations ?? {},
    layersSizeBytes: 0,
  }
}

function unique(descriptors: readonly z.infer<typeof Descriptor>[]) {
  const sizes = new Map<Digest, number>()
  for (const { digest, size } of descriptors) {
    const known = sizes.get(digest)
    if (known !== undefined && known !== size) throw invalid(`two sizes are given for ${digest}`)
    sizes.set(digest, size)
  }
  return Array.from(sizes, ([digest, sizeBytes]) => ({ digest, sizeBytes }))
}

function check<T>(schema: z.ZodType<T>, document: unknown): T {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw invalid(`failed to parse manifest: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function invalid(message: string, cause?: unknown): Problem {
  return new Problem('manifest-invalid', { message }, { cause })
}
