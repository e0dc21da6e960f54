import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  createArtifact,
  createContent,
  createImage,
  createIndex,
  createOpaqueImage,
  digestOf,
  randomBytesOf,
  type Content,
  type Image,
} from '../../../test/support/content.ts'
import { parseDigest, type Digest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import type { BlobKind, BundleBlob, BundleEntry, BundlePlan, ContentSource } from './bundle.ts'
import { secretKeyOf } from './minisign.ts'
import { verifyBundle } from './verify-bundle.ts'

/** Content in memory, as a registry would give it. */
export interface Shelf {
  readonly source: ContentSource
  readonly blobs: readonly BundleBlob[]
  add(content: Content, kind: BlobKind): Digest
  addImage(image: Image): Content
}

export function createShelf(): Shelf {
  const contents = new Map<Digest, { content: Content; kind: BlobKind }>()
  const get = (digest: Digest) => {
    const found = contents.get(digest)
    if (found === undefined) throw new Error(`the shelf has no ${digest}`)
    return found.content
  }
  const add = (content: Content, kind: BlobKind) => {
    const digest = parseDigest(content.digest)
    if (!contents.has(digest)) contents.set(digest, { content, kind })
    return digest
  }
  return {
    add,
    addImage({ manifest, blobs }) {
      for (const blob of blobs) add(blob, blob.mediaType.includes('config') ? 'config' : 'blob')
      add(manifest, 'manifest')
      return manifest
    },
    get blobs() {
      return [...contents].map(([digest, { content, kind }]) => ({
        ...{ digest, sizeBytes: content.bytes.length, kind, isAssumed: false },
        mediaType: content.mediaType,
      }))
    },
    source: {
      manifest: (digest) => Promise.resolve(get(digest)),
      // Uneven chunks, as they come from a network.
      openBlob: (digest, from) => Promise.resolve(Readable.from(pieces(get(digest).bytes, from))),
    },
  }
}

function* pieces(bytes: Buffer, from: number) {
  const step = 4093
  for (let at = from; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

export const testKey = secretKeyOf(
  createHash('sha256').update('bundle test').digest(),
  Buffer.from('0123456789abcdef', 'hex'),
)
export const otherKey = secretKeyOf(
  createHash('sha256').update('another').digest(),
  Buffer.from('fedcba9876543210', 'hex'),
)

export const rootEntry = (
  reference: string,
  { digest, mediaType, bytes }: Content,
  extra: Partial<BundleEntry> = {},
): BundleEntry => ({
  ...{ reference, digest: parseDigest(digest), mediaType, sizeBytes: bytes.length },
  ...{ role: 'root', referrers: 0 },
  ...extra,
})

export const planOf = (
  shelf: Shelf,
  entries: readonly BundleEntry[],
  extra: Partial<BundlePlan> = {},
): BundlePlan => ({
  id: '01JD0000000000000000000K30',
  createdAt: Date.UTC(2026, 10, 21, 20),
  source: { name: 'source.example', instance: testKey.publicKey.keyId },
  base: { kind: 'none' },
  entries,
  blobs: shelf.blobs,
  ...extra,
})

/** Of everything that a registry holds: image, nested index, artifact, referrer, sha512, nothing. */
export function createSample(layerBytes = 30_000) {
  const shelf = createShelf()
  const plain = shelf.addImage(createOpaqueImage('plain', [layerBytes, 2 * layerBytes, 0]))
  const amd = shelf.addImage(createImage())
  const arm = shelf.addImage(
    createImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
  )
  const inner = createIndex([
    { manifest: amd, platform: { os: 'linux', architecture: 'amd64' } },
    { manifest: arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ])
  shelf.add(inner, 'manifest')
  const outer = createIndex([{ manifest: inner }])
  shelf.add(outer, 'manifest')
  const signature = shelf.addImage(
    createArtifact({
      artifactType: 'application/vnd.example.signature',
      subject: plain,
      layers: [createContent(randomBytesOf('signature', 700))],
    }),
  )
  const long = randomBytesOf('long', layerBytes)
  const wide: Content = {
    ...{ bytes: long, digest: digestOf(long, 'sha512'), mediaType: 'application/octet-stream' },
  }
  const artifact = shelf.addImage(
    createArtifact({ artifactType: 'application/vnd.example.thing', layers: [wide] }),
  )
  const entries = [
    rootEntry('registry.example:8443/org/app:v1', plain, { referrers: 1 }),
    rootEntry('quay.io/org/nested:latest', outer),
    rootEntry(`quay.io/org/nested@${inner.digest}`, inner),
    rootEntry('ghcr.io/org/thing:1', artifact),
    rootEntry(`registry.example:8443/org/app@${signature.digest}`, signature, {
      role: 'referrer',
      subject: parseDigest(plain.digest),
    }),
  ]
  return { shelf, plan: planOf(shelf, entries) }
}

/** Everything in a folder by its name, for comparing. */
export function readTree(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    // Behind links.
    .filter((name) => !/^compat\/.*\/blobs\//.test(name))
    .sort()
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]))
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What who reads every byte finds wrong, whether thrown or collected. */
export async function faultsOf(paths: readonly string[]): Promise<readonly BundleFault[]> {
  try {
    return (await verifyBundle(paths, { keys: [testKey.publicKey] })).faults
  } catch (error) {
    if (error instanceof BundleFault) return [error]
    throw error
  }
}
