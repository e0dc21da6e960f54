import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createArtifact,
  createImage,
  createJson,
  descriptorOf,
  digestOf,
  mediaTypes,
  type Content,
} from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: RegistryClient
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const repository = 'quay/manifests'

async function pushed(tag: string) {
  const made = createImage({ labels: { tag } })
  await client.pushImage(repository, tag, made)
  return made
}

describe('referrers', () => {
  const list = async (digest: string, query = '') =>
    client.request('GET', `/v2/${repository}/referrers/${digest}${query}`)
  const attach = async (subject: Content, artifactType: string, note: string) => {
    const artifact = createArtifact({ artifactType, subject, annotations: { note } })
    for (const blob of artifact.blobs) await client.pushBlob(repository, blob)
    const answer = await client.putManifest(repository, artifact.manifest.digest, artifact.manifest)
    expect(answer.header('oci-subject')).toBe(subject.digest)
    return artifact.manifest
  }

  it('lists what refers to an image, filtered by type and in pages', async () => {
    const { manifest: subject } = await pushed('subject')
    const sbom = await attach(subject, 'application/sbom', 'one')
    const signature = await attach(subject, 'application/signature', 'two')
    const all = await list(subject.digest)
    expect(all.header('content-type')).toBe(mediaTypes.ociIndex)
    expect(all.json()).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.ociIndex })
    const expected = [
      descriptorOf(sbom, { artifactType: 'application/sbom', annotations: { note: 'one' } }),
      descriptorOf(signature, {
        artifactType: 'application/signature',
        annotations: { note: 'two' },
      }),
    ].sort((a, b) => (a.digest < b.digest ? -1 : 1))
    expect((all.json() as { manifests: unknown }).manifests).toEqual(expected)

    const filtered = await list(subject.digest, '?artifactType=application%2Fsbom')
    expect(filtered.header('oci-filters-applied')).toBe('artifactType')
    expect((filtered.json() as { manifests: unknown[] }).manifests).toHaveLength(1)

    const first = await list(subject.digest, '?n=1')
    expect((first.json() as { manifests: unknown[] }).manifests).toEqual([expected[0]])
    const next = /<([^>]+)>; rel="next"/.exec(first.header('link'))?.[1] ?? ''
    const second = await client.request('GET', next)
    expect((second.json() as { manifests: unknown[] }).manifests).toEqual([expected[1]])
    expect(second.headers.link).toBeUndefined()
  })

  it('knows what refers to something that is not there', async () => {
    const absent = createJson({ absent: true }, mediaTypes.ociManifest)
    await attach(absent, 'application/sbom', 'early')
    expect(((await list(absent.digest)).json() as { manifests: unknown[] }).manifests).toHaveLength(
      1,
    )
  })

  it('are none for what nobody refers to, and in a repository that is not there', async () => {
    expect((await list(digestOf('nobody'))).json()).toMatchObject({ manifests: [] })
    const answer = await client.request('GET', `/v2/quay/not-yet/referrers/${digestOf('nobody')}`)
    expect([answer.status, (answer.json() as { manifests: [] }).manifests]).toEqual([200, []])
  })

  it('end with their manifest', async () => {
    const { manifest: subject } = await pushed('subject-two')
    const artifact = await attach(subject, 'application/sbom', 'gone')
    await client.deleteManifest(repository, artifact.digest)
    expect(((await list(subject.digest)).json() as { manifests: unknown[] }).manifests).toEqual([])
  })

  it('of a malformed digest are a clear error', async () => {
    const answer = await list('sha256:xyz')
    expect([answer.status, answer.json()]).toMatchObject([
      400,
      { errors: [{ code: 'DIGEST_INVALID' }] },
    ])
  })
})
