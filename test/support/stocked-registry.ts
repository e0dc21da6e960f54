import {
  createArtifact,
  createImage,
  createOpaqueImage,
  type Content,
  type Image,
} from './content.ts'
import { expectStatus, type RegistryClient } from './registry-client.ts'
import { createMultiArchImage, pushMultiArchImage } from './sample-images.ts'

/** What was pushed: manifests to be asked for by tag or digest, and blobs. */
export interface Stock {
  readonly repository: string
  readonly manifests: readonly { readonly reference: string; readonly digest: string }[]
  readonly blobs: readonly string[]
  /** The manifest that the referrer is about. */
  readonly subject: string
  readonly referrer: string
}

/** Pushes images of several kinds: small, of both formats, for two platforms, large, and a referrer. */
export async function stockRegistry(
  client: RegistryClient,
  repository: string,
  { largeBytes = 8 * 1024 * 1024 }: { readonly largeBytes?: number } = {},
): Promise<Stock> {
  const named = (name: string) => [[{ name: 'which', content: `${repository} ${name}\n` }]]
  const small = createImage({ layers: named('small') })
  const docker = createImage({ format: 'docker', layers: named('docker') })
  const large = createOpaqueImage(repository, [largeBytes, 3])
  const many = createMultiArchImage(repository)
  const signature = createArtifact({
    artifactType: 'application/vnd.example.signature',
    subject: small.manifest,
  })
  const tagged: readonly [string, Image][] = [
    ['small', small],
    ['docker', docker],
    ['large', large],
  ]
  for (const [tag, image] of tagged) await client.pushImage(repository, tag, image)
  await pushMultiArchImage(client, repository, 'many', many)
  await client.pushImage(repository, signature.manifest.digest, signature)
  const images = [small, docker, large, signature, ...many.images]
  const manifests = [
    ...tagged.map(([reference, { manifest }]) => ({ reference, digest: manifest.digest })),
    { reference: 'many', digest: many.index.digest },
    ...images.map(({ manifest: { digest } }) => ({ reference: digest, digest })),
  ]
  return {
    repository,
    manifests,
    blobs: [...new Set(images.flatMap(({ blobs }) => blobs.map((blob: Content) => blob.digest)))],
    subject: small.manifest.digest,
    referrer: signature.manifest.digest,
  }
}

/** Pulls everything of a stock and compares it with its digests. */
export async function requireStock(client: RegistryClient, stock: Stock): Promise<void> {
  const { repository } = stock
  for (const { reference, digest } of stock.manifests) {
    const answer = await client.getManifest(repository, reference)
    expectStatus(answer, 200, `pulling ${repository}:${reference}`)
    if (answer.header('docker-content-digest') !== digest) {
      throw new Error(`${repository}:${reference} is not ${digest} any more`)
    }
  }
  for (const digest of stock.blobs) {
    const found = await client.pullBlob(repository, digest)
    if (found.digest !== digest) throw new Error(`${digest} has other content`)
  }
  const referrers = await client.listReferrers(repository, stock.subject)
  if (!referrers.some(({ digest }) => digest === stock.referrer)) {
    throw new Error(`${stock.subject} has lost its referrer`)
  }
}
