import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createArtifact,
  createContent,
  createImage,
  createIndex,
  digestOf,
  randomBytesOf,
  randomStreamOf,
} from './content.ts'
import { startPeerRegistry, type PeerRegistry } from './peer-registry.ts'
import { hasPrograms } from './programs.ts'
import type { RegistryClient } from './registry-client.ts'

// The client of our tests against a registry that is not ours: what it claims about Mooring is
// worth something only if it also holds elsewhere.
describe.skipIf(!hasPrograms('docker-registry', 'openssl'))('the registry client', () => {
  let peer: PeerRegistry
  let client: RegistryClient

  beforeAll(async () => {
    peer = await startPeerRegistry()
    client = peer.client()
  })
  afterAll(async () => {
    client.close()
    await peer.stop()
  })

  it('pushes and pulls an image and its index', async () => {
    const image = createImage()
    const index = createIndex([{ manifest: image.manifest }])
    await client.pushImage('ours/image', 'one', image)
    await client.putManifest('ours/image', 'all', index)
    const pulled = await client.getManifest('ours/image', 'all')
    expect(digestOf(pulled.body)).toBe(index.digest)
    expect(pulled.header('docker-content-digest')).toBe(index.digest)
    const { tags } = (await client.listTags('ours/image')).json() as { tags: string[] }
    expect(tags.sort()).toEqual(['all', 'one'])
  })

  it('pushes a blob in each of the ways', async () => {
    const size = 300_000
    const content = (seed: string) => createContent(randomBytesOf(seed, size))
    const [whole, chunks, streamed] = [content('a'), content('b'), content('c')]
    await client.pushBlob('ours/blobs', whole)
    await client.pushBlobInChunks('ours/blobs', chunks, 100_000)
    await client.pushBlobAsStream('ours/blobs', streamed.digest, () => randomStreamOf('c', size))
    for (const { digest } of [whole, chunks, streamed]) {
      expect(await client.pullBlob('ours/blobs', digest)).toEqual({ digest, sizeBytes: size })
    }
    const mounted = await client.mountBlob('ours/elsewhere', whole.digest, 'ours/blobs')
    expect(mounted.status).toBe(201)
  })

  it('reports a refusal with what the registry said', async () => {
    const missing = createArtifact({ artifactType: 'application/x.test', layers: [] })
    await expect(client.putManifest('ours/none', 'x', missing.manifest)).rejects.toThrow(
      /expected 201, got 404 .*MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN/,
    )
  })
})
