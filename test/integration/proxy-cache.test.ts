import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import {
  isUpstreamText,
  startCachingServer,
  type CachingServer,
  type Stocked,
} from '../support/caching-server.ts'
import {
  createArtifact,
  createContent,
  createIndex,
  createJson,
  createOpaqueImage,
  descriptorOf,
  mediaTypes,
} from '../support/content.ts'
import type { PeerRegistry } from '../support/peer-registry.ts'
import type { Person } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let world: CachingServer
let server: TestServer
let peer: PeerRegistry
let admin: ApiClient
let outsider: Person
let createCache: CachingServer['createCache']
let stock: CachingServer['stock']

beforeAll(async () => {
  world = await startCachingServer()
  ;({ server, peer, admin, outsider, createCache, stock } = world)
})
afterAll(() => world[Symbol.asyncDispose]())

describe('a pull through a cache', () => {
  it('brings an image here, and needs no upstream the second time', async () => {
    const { name, upstream } = await createCache()
    const { repository, image } = await stock()
    const client = server.client()
    const here = `${name}/${repository}`

    const manifest = await client.getManifest(here, 'v1')
    expect(manifest.status).toBe(200)
    expect(manifest.body.equals(image.manifest.bytes)).toBe(true)
    for (const blob of image.blobs) {
      const head = await client.headBlob(here, blob.digest)
      expect([head.status, head.header('content-length')]).toEqual([200, `${blob.bytes.length}`])
      expect((await client.getBlob(here, blob.digest)).body.equals(blob.bytes)).toBe(true)
    }
    expect(upstream.blobGets()).toHaveLength(image.blobs.length)

    await upstream.stop()
    expect((await client.getManifest(here, 'v1')).header('docker-content-digest')).toBe(
      image.manifest.digest,
    )
    for (const blob of image.blobs) {
      expect((await client.getBlob(here, blob.digest)).body.equals(blob.bytes)).toBe(true)
    }
    const tags = (await client.listTags(here)).json() as { tags: string[] }
    expect(tags.tags).toEqual(['v1'])
  })

  it('follows a tag that moves upstream', async () => {
    const { name, upstream } = await createCache()
    const { repository } = await stock()
    const client = server.client()
    const here = `${name}/${repository}`
    expect((await client.getManifest(here, 'v1')).status).toBe(200)

    const next = createOpaqueImage('the next one', [500])
    await peer.client().pushImage(repository, 'v1', next)
    const moved = await client.headManifest(here, 'v1')
    expect(moved.header('docker-content-digest')).toBe(next.manifest.digest)
    upstream.requests.length = 0
    await client.getManifest(here, 'v1')
    expect(upstream.requests.map(({ method }) => method)).toEqual(['HEAD'])
  })

  it('gives what is gone upstream until its time has run out', async () => {
    const { name, upstream } = await createCache({ expiration_s: 2 })
    const { repository } = await stock()
    const client = server.client()
    expect((await client.getManifest(`${name}/${repository}`, 'v1')).status).toBe(200)
    upstream.disturb(() => ({ kind: 'status', status: 404 }))
    expect((await client.getManifest(`${name}/${repository}`, 'v1')).status).toBe(200)
    // In the moment in which it runs out, it may still have been found.
    const gone = await until('the tag to run out', async () => {
      const answer = await client.getManifest(`${name}/${repository}`, 'v1')
      return answer.status === 404 && !answer.text().includes('TAG_EXPIRED') ? answer : undefined
    })
    expect(gone.json()).toMatchObject({
      errors: [{ code: 'MANIFEST_UNKNOWN', message: isUpstreamText }],
    })
  })

  it('brings the images of an index one by one, as they are asked for', async () => {
    const { name, upstream } = await createCache()
    const parts = ['amd64', 'arm64'].map((architecture) => ({
      image: createOpaqueImage(`for ${architecture}`, [300]),
      platform: { os: 'linux', architecture },
    }))
    const index = createJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: parts.map(({ image, platform }) => descriptorOf(image.manifest, { platform })),
      },
      mediaTypes.ociIndex,
    )
    const up = peer.client()
    for (const { image } of parts) await up.pushImage('team/multi', image.manifest.digest, image)
    await up.putManifest('team/multi', 'v1', index)

    const client = server.client()
    const here = `${name}/team/multi`
    expect((await client.getManifest(here, 'v1')).body.equals(index.bytes)).toBe(true)
    const [wanted, other] = parts.map(({ image }) => image)
    const single = await client.getManifest(here, 'v1', mediaTypes.ociManifest)
    expect(single.header('docker-content-digest')).toBe(wanted?.manifest.digest)
    const child = await client.getManifest(here, wanted?.manifest.digest ?? '')
    expect(child.body.equals(wanted?.manifest.bytes ?? Buffer.alloc(0))).toBe(true)
    const layer = wanted?.blobs[0]?.digest ?? ''
    expect(await client.pullBlob(here, layer)).toMatchObject({ digest: layer })

    upstream.disturb(() => ({ kind: 'status', status: 404 }))
    expect((await client.getManifest(here, wanted?.manifest.digest ?? '')).status).toBe(200)
    expect((await client.getManifest(here, other?.manifest.digest ?? '')).status).toBe(404)
  })

  it('says what the upstream said when it has no such image', async () => {
    const { name } = await createCache()
    const { repository } = await stock()
    const client = server.client()
    const missing = await client.getManifest(`${name}/team/nothing`, 'v1')
    expect([missing.status, missing.json()]).toMatchObject([
      404,
      { errors: [{ code: 'NAME_UNKNOWN', message: isUpstreamText }] },
    ])
    await client.getManifest(`${name}/${repository}`, 'v1')
    const tag = await client.getManifest(`${name}/${repository}`, 'v9')
    expect([tag.status, tag.json()]).toMatchObject([
      404,
      { errors: [{ code: 'MANIFEST_UNKNOWN', message: isUpstreamText }] },
    ])
    expect((await client.listTags(`${name}/team/nothing`)).status).toBe(404)
  })

  it('gives nothing where the upstream takes the credentials no more', async () => {
    const { name, upstream } = await createCache()
    const { repository } = await stock()
    const client = server.client()
    expect((await client.getManifest(`${name}/${repository}`, 'v1')).status).toBe(200)
    upstream.disturb(() => ({ kind: 'status', status: 403 }))
    expect((await client.getManifest(`${name}/${repository}`, 'v1')).status).toBe(404)
  })

  it('is for members; others get what is here and visible to them', async () => {
    const { name, upstream } = await createCache()
    const { repository } = await stock()
    const here = `${name}/${repository}`
    const stranger = server.client(outsider)
    const anonymous = server.client('anonymous')
    expect((await stranger.getManifest(here, 'v1')).status).toBe(401)
    expect((await anonymous.getManifest(here, 'v1')).status).toBe(401)
    expect(upstream.requests).toEqual([])

    const team = { role: 'member' }
    await admin.put(`/api/v1/organization/${name}/team/pullers`, team)
    await admin.put(`/api/v1/organization/${name}/team/pullers/members/outsider`)
    const member = server.client(outsider)
    expect((await member.getManifest(here, 'v1')).status).toBe(200)
    const { role } = (await outsider.api.get(`/api/v1/repository/${here}`)) as { role?: string }
    expect(role).not.toBe('admin')
    const permissions = (await admin.get(`/api/v1/repository/${here}/permissions/user/`)) as {
      permissions: Record<string, { role: string }>
    }
    expect(permissions.permissions['outsider']?.role).toBe('read')

    await admin.post(`/api/v1/repository/${here}/changevisibility`, { visibility: 'public' })
    upstream.requests.length = 0
    expect((await anonymous.getManifest(here, 'v1')).status).toBe(200)
    expect((await anonymous.getManifest(here, 'v2')).status).toBe(404)
    expect(upstream.requests).toEqual([])
  })
})

describe('the limit of a cache', () => {
  it('lets go of what ends next, and takes no image that is larger than all of it', async () => {
    const { name } = await createCache()
    const client = server.client()
    const size = 3_500_000
    const stocked: Stocked[] = []
    for (const seed of ['first', 'second', 'third']) {
      stocked.push(await stock(createOpaqueImage(`room for the ${seed}`, [size])))
    }
    for (const { repository, layer } of stocked) {
      expect((await client.getManifest(`${name}/${repository}`, 'v1')).status).toBe(200)
      await client.pullBlob(`${name}/${repository}`, layer.digest)
    }
    const tagsOf = async (at: number) =>
      (
        (await client.listTags(`${name}/${stocked[at]?.repository ?? ''}`)).json() as {
          tags: string[]
        }
      ).tags
    expect(await Promise.all([0, 1, 2].map(tagsOf))).toEqual([[], ['v1'], ['v1']])

    const large = await stock(createOpaqueImage('too large', [11_000_000]))
    const refused = await client.getManifest(`${name}/${large.repository}`, 'v1')
    expect([refused.status, refused.json()]).toMatchObject([
      403,
      { errors: [{ code: 'DENIED', message: 'Quota has been exceeded on namespace' }] },
    ])
  })
})

describe('what is attached to an image upstream', () => {
  it('comes with it: signatures by their tags, the rest by a list of referrers', async () => {
    const { name, upstream } = await createCache()
    const { repository, image } = await stock()
    const far = peer.client()
    const attach = async (text: string, tag?: string) => {
      const content = createContent(text)
      const artifact = createArtifact({
        artifactType: 'application/vnd.test.signature',
        subject: image.manifest,
        layers: [content],
      })
      await far.pushImage(repository, tag ?? artifact.manifest.digest, artifact)
      return { ...artifact, content }
    }
    const { digest } = image.manifest
    const tag = digest.replace(':', '-')
    const signature = await attach('by tag', `${tag}.sig`)
    const referrer = await attach('by list')
    // The stand-in for the API that this upstream does not have.
    const list = createIndex([{ manifest: referrer.manifest }])
    await far.putManifest(repository, tag, list)

    const client = server.client()
    const here = `${name}/${repository}`
    const listed = async () =>
      (await client.listReferrers(here, digest)).map((found) => found.digest)
    // Nobody has pulled the image itself yet.
    expect(await listed()).toEqual([referrer.manifest.digest])
    const asked = () => upstream.requests.filter(({ path }) => path.includes('/referrers/')).length
    expect(asked()).toBe(1)
    for (const { manifest, content, reference } of [
      { ...signature, reference: `${tag}.sig` },
      { ...referrer, reference: referrer.manifest.digest },
    ]) {
      const got = await client.getManifest(here, reference)
      expect(got.body.equals(manifest.bytes)).toBe(true)
      expect((await client.getBlob(here, content.digest)).body.equals(content.bytes)).toBe(true)
    }

    await upstream.stop()
    expect(await listed()).toEqual([referrer.manifest.digest, signature.manifest.digest].sort())
    expect((await client.getBlob(here, referrer.content.digest)).status).toBe(200)
    // Those who are no members see what is here, if they may see the repository at all.
    await admin.post(`/api/v1/repository/${here}/changevisibility`, { visibility: 'public' })
    const strange = server.client(outsider)
    expect(await strange.listReferrers(here, digest)).toHaveLength(2)
  })
})
