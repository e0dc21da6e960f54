import { createHash, type KeyObject } from 'node:crypto'

import { z } from 'zod'

import { digestAlgorithm, digestHex, isDigest, type Digest } from '../../storage/digest.ts'
import type { UpstreamDescriptor, UpstreamManifest } from '../../upstream/upstream.ts'
import type { CopySource } from '../copying/copy.ts'
import { MirrorFault } from './mirror-failure.ts'
import { bytesOf, envelopeOf, imageOfPayload, isSignedBy, parseJson } from './signed-payload.ts'

const signatureType = 'application/vnd.dev.cosign.artifact.sig.v1+json'
const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json'
const bundleType = 'application/vnd.dev.sigstore.bundle'
const signatureAnnotation = 'dev.cosignproject.cosign/signature'

/** An image with more of them is looked at no further. */
const mostSignatures = 50
const mostBytes = 1024 * 1024

const SignatureManifest = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string().refine(isDigest),
      size: z.int().nonnegative(),
      annotations: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
})

interface Layer {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly signature: Buffer | undefined
}

/**
 * Makes sure that somebody who is trusted has signed an image: with cosign, by a key pair; in a tag of
 * its own, as a referrer, or as a bundle. No transparency log is asked.
 */
export function createSignatureCheck({
  keys,
  upstream,
  reference,
}: {
  keys: readonly KeyObject[]
  upstream: CopySource
  /** How the repository is named to people. */
  reference: string
}) {
  async function* signatures(digest: Digest, signal: AbortSignal): AsyncGenerator<Layer> {
    const tag = `${digest.replace(':', '-')}.sig`
    if ((await upstream.headManifest(tag, signal)) !== undefined) {
      yield* layersOf(await upstream.getManifest(tag, signal))
    }
    const referrers = (await upstream.listReferrers(digest, { signal })).filter(maySign)
    for (const { digest: found } of referrers.slice(0, mostSignatures)) {
      yield* layersOf(await upstream.getManifest(found, signal))
    }
  }

  async function read({ digest, size }: Layer, signal: AbortSignal): Promise<Buffer | undefined> {
    if (size > mostBytes) return undefined
    const pieces: Buffer[] = []
    const stream = upstream.openBlob(digest, { sizeBytes: size, from: 0, signal })
    for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const hex = createHash(digestAlgorithm(digest)).update(bytes).digest('hex')
    return hex === digestHex(digest) ? bytes : undefined
  }

  function vouches(layer: Layer, bytes: Buffer, digest: Digest): boolean {
    if (layer.mediaType === payloadType) {
      const { signature } = layer
      if (signature === undefined || !isSignedBy(keys, bytes, signature)) return false
      return imageOfPayload(bytes) === digest
    }
    const envelope = envelopeOf(bytes)
    if (envelope?.images.includes(digest) !== true) return false
    return envelope.signatures.some((one) => isSignedBy(keys, envelope.signed, one))
  }

  /** @throws MirrorFault `not_signed`, what the upstream fails with */
  return async (digest: Digest, signal: AbortSignal): Promise<void> => {
    let count = 0
    for await (const layer of signatures(digest, signal)) {
      if (++count > mostSignatures) break
      const bytes = await read(layer, signal)
      if (bytes !== undefined && vouches(layer, bytes, digest)) return
    }
    const why =
      count === 0 ? 'nobody has signed it' : 'none of its signatures is by a key of the mirror'
    throw new MirrorFault('not_signed', `${reference}@${digest} was refused: ${why}`)
  }
}

function maySign({ artifactType }: UpstreamDescriptor): boolean {
  // Where a tag stands in for the API, the type may be missing.
  return (
    artifactType === undefined ||
    artifactType === signatureType ||
    artifactType.startsWith(bundleType)
  )
}

function layersOf({ bytes }: UpstreamManifest): Layer[] {
  const found = SignatureManifest.safeParse(parseJson(bytes))
  if (!found.success) return []
  return found.data.layers.flatMap(({ mediaType, digest, size, annotations }) =>
    mediaType === payloadType || mediaType.startsWith(bundleType)
      ? [{ mediaType, digest, size, signature: bytesOf(annotations?.[signatureAnnotation]) }]
      : [],
  )
}
