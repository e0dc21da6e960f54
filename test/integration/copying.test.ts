import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import {
  createArtifact,
  createContent,
  createImage,
  createIndex,
  createJson,
  descriptorOf,
  mediaTypes,
  type Content,
} from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry } from '../support/stocked-registry.ts'
import { until } from '../support/until.ts'

const repository = 'quay/app'

let site: TestServer
let source: TestServer
let peer: PeerRegistry
let here: ApiClient

beforeAll(async () => {
  const settings = {
    ...{ SUPER_USERS: ['quay'], FEATURE_REPO_MIRROR: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] },
  }
  ;[site, source, peer] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
    startTestServer(),
    startPeerRegistry(),
  ])
  here = await site.signedIn()
  await here.post('/api/v1/organization/', { name: 'copies' }, 201)
  await here.put('/api/v1/organization/copies/robots/mirror', {}, 201)
})
afterAll(async () => {
  await Promise.all([site.stop(), source.stop(), peer.stop()])
})

interface Place {
  readonly host: string
  readonly username: string
  readonly password: string
}

/** Copies all tags of a repository of another registry into a new one here. */
async function copyFrom(place: Place, name: string): Promise<string> {
  const copy = `copies/${name}`
  const created = { namespace: 'copies', repository: name, visibility: 'private', description: '' }
  await here.post('/api/v1/repository', created, 201)
  const path = `/api/v1/repository/${copy}/mirror`
  await here.post(
    path,
    {
      external_reference: `${place.host}/${repository}`,
      external_registry_username: place.username,
      external_registry_password: place.password,
      external_registry_config: { verify_tls: false },
      ...{ sync_interval: 3_600, sync_start_date: '2100-01-01T00:00:00Z' },
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      ...{ skopeo_timeout_interval: 300, robot_username: 'copies+mirror' },
    },
    201,
  )
  await here.post(`${path}/sync-now`, undefined, 204)
  const status = await until('the copy to end', async () => {
    const { sync_status } = (await here.get(path)) as { sync_status: string }
    return ['SUCCESS', 'FAIL'].includes(sync_status) ? sync_status : undefined
  })
  expect(status).toBe('SUCCESS')
  return copy
}

async function expectSame(client: RegistryClient, copy: string, reference: string, from: Content) {
  const answer = await client.getManifest(copy, reference)
  expect(answer.status, reference).toBe(200)
  expect(answer.body.equals(from.bytes)).toBe(true)
  expect(answer.header('content-type')).toBe(from.mediaType)
}

function sha512Of(bytes: Buffer): string {
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}`
}

describe('a copy of everything that another Mooring holds', () => {
  it('has the same digests: images, indexes in indexes, artifacts, signatures and odd blobs', async () => {
    const there = source.client()
    const stock = await stockRegistry(there, repository)

    const empty = createContent('', 'application/octet-stream')
    const long = createContent('named by its longer digest', 'application/octet-stream')
    const renamed = { ...long, digest: sha512Of(long.bytes) }
    const odd = createArtifact({
      artifactType: 'application/vnd.example.odd',
      layers: [empty, renamed],
    })
    await there.pushImage(repository, 'odd', odd)

    const inner = createImage({ layers: [[{ name: 'inner', content: 'deep\n' }]] })
    await there.pushImage(repository, inner.manifest.digest, inner)
    const index = createIndex([{ manifest: inner.manifest }])
    await there.putManifest(repository, index.digest, index)
    const outer = createIndex([{ manifest: index }])
    await there.putManifest(repository, 'nested', outer)

    const sbom = createArtifact({ artifactType: 'application/spdx+json', subject: outer })
    await there.pushImage(repository, sbom.manifest.digest, sbom)
    const ofSbom = createArtifact({ artifactType: 'application/vnd.sig', subject: sbom.manifest })
    await there.pushImage(repository, ofSbom.manifest.digest, ofSbom)
    const cosign = createImage({ layers: [[{ name: 'signature', content: 'signed\n' }]] })
    const cosignTag = `${outer.digest.replace(':', '-')}.sig`
    await there.pushImage(repository, cosignTag, cosign)

    const copy = await copyFrom(source, 'everything')
    const client = site.client()
    await requireStock(client, { ...stock, repository: copy })
    await expectSame(client, copy, 'odd', odd.manifest)
    for (const { digest } of [empty, renamed]) {
      expect((await client.pullBlob(copy, digest)).digest).toBe(digest)
    }
    await expectSame(client, copy, 'nested', outer)
    await expectSame(client, copy, index.digest, index)
    await expectSame(client, copy, inner.manifest.digest, inner.manifest)
    await expectSame(client, copy, cosignTag, cosign.manifest)
    const attached = await client.listReferrers(copy, outer.digest)
    expect(attached.map(({ digest }) => digest)).toEqual([sbom.manifest.digest])
    const deeper = await client.listReferrers(copy, sbom.manifest.digest)
    expect(deeper.map(({ digest }) => digest)).toEqual([ofSbom.manifest.digest])
  })
})

describe('a copy of what Distribution holds', () => {
  it('has the same digests, and the referrers that a tag stands in for', async () => {
    const there = peer.client()
    const docker = createImage({ format: 'docker' })
    await there.pushImage(repository, 'docker', docker)
    const [one, two] = ['one', 'two'].map((name) =>
      createImage({ format: 'docker', layers: [[{ name, content: name }]] }),
    )
    if (one === undefined || two === undefined) throw new Error('no images')
    for (const image of [one, two]) await there.pushImage(repository, image.manifest.digest, image)
    const list = createIndex(
      [
        { manifest: one.manifest, platform: { os: 'linux', architecture: 'amd64' } },
        { manifest: two.manifest, platform: { os: 'linux', architecture: 'arm64' } },
      ],
      { format: 'docker' },
    )
    await there.putManifest(repository, 'list', list)

    const signature = createImage({
      layers: [[{ name: 'signature', content: 'signed\n' }]],
      manifest: { subject: descriptorOf(docker.manifest) },
    })
    await there.pushImage(repository, signature.manifest.digest, signature)
    // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
    const fallback = createJson(
      {
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex },
        manifests: [descriptorOf(signature.manifest)],
      },
      mediaTypes.ociIndex,
    )
    await there.putManifest(repository, docker.manifest.digest.replace(':', '-'), fallback)

    const copy = await copyFrom(peer, 'distribution')
    const client = site.client()
    await expectSame(client, copy, 'docker', docker.manifest)
    await expectSame(client, copy, 'list', list)
    for (const { manifest, blobs } of [docker, one, two, signature]) {
      await expectSame(client, copy, manifest.digest, manifest)
      for (const { digest } of blobs) {
        expect((await client.pullBlob(copy, digest)).digest).toBe(digest)
      }
    }
    const attached = await client.listReferrers(copy, docker.manifest.digest)
    expect(attached.map(({ digest }) => digest)).toEqual([signature.manifest.digest])
  })
})
