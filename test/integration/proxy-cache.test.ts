import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import {
  createArtifact,
  createContent,
  createIndex,
  createJson,
  createOpaqueImage,
  descriptorOf,
  mediaTypes,
  type Image,
} from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { watchUpstream, type WatchedUpstream } from '../support/watched-upstream.ts'

let server: TestServer
let peer: PeerRegistry
let admin: ApiClient
let outsider: Person
const opened: AsyncDisposable[] = []

beforeAll(async () => {
  const settings = {
    FEATURE_PROXY_CACHE: true,
    FEATURE_IMMUTABLE_TAGS: true,
    // Blobs come when they are asked for, so that requests can be counted.
    FEATURE_PROXY_CACHE_BLOB_DOWNLOAD: false,
    MOORING_PROXY_CACHE_LIMIT: '10M',
    SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
    SUPER_USERS: ['quay'],
  }
  ;[server, peer] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
    startPeerRegistry({ plain: true }),
  ])
  admin = await server.signedIn()
  outsider = await signUp(server, admin, 'outsider')
})
afterAll(async () => {
  for (const one of opened) await one[Symbol.asyncDispose]()
  await peer.stop()
  await server.stop()
})

let caches = 0
interface Cache {
  readonly name: string
  readonly upstream: WatchedUpstream
}

/** An organization that is a cache of the peer, with somebody watching in between. */
async function createCache(extra: Record<string, unknown> = {}): Promise<Cache> {
  const upstream = await watchUpstream(peer.url)
  opened.push(upstream)
  const name = `cache${++caches}`
  await admin.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
  await configure(name, { upstream_registry: upstream.host, ...extra })
  return { name, upstream }
}

async function configure(name: string, config: Record<string, unknown>): Promise<void> {
  const body = {
    upstream_registry_username: peer.username,
    upstream_registry_password: peer.password,
    insecure: true,
    ...config,
  }
  expect(await admin.post(`/api/v1/organization/${name}/proxycache`, body, 201)).toBe('Created')
}

let images = 0
/** Puts an image upstream, under a name of its own. */
async function stock(image: Image = createOpaqueImage(`image ${images}`, [1_000])) {
  const repository = `team/app${++images}`
  await peer.client().pushImage(repository, 'v1', image)
  return { repository, image, layer: image.blobs[0] ?? createContent('') }
}

const isUpstreamText = expect.stringMatching(
  /^the requested image may not exist in the upstream registry, or the configured Quay organization credentials have insufficient rights to access it \(.+\)$/,
) as string

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begun = performance.now()
  return [await work(), performance.now() - begun]
}

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

describe('a blob that is not here yet', () => {
  it('is fetched once, however many ask at the same time', async () => {
    const { name, upstream } = await createCache()
    const { repository, layer } = await stock(createOpaqueImage('wanted by many', [3_000_000]))
    const here = `${name}/${repository}`
    await server.client().getManifest(here, 'v1')
    const held = Promise.withResolvers<undefined>()
    upstream.disturb(({ path }) =>
      path.includes(layer.digest)
        ? { kind: 'held', until: held.promise, afterBytes: 1_000_000 }
        : undefined,
    )
    const pulls = Array.from({ length: 20 }, () => server.client().pullBlob(here, layer.digest))
    await until('the transfer to be under way', () => upstream.blobGets().length > 0 || undefined)
    held.resolve(undefined)
    const pulled = await Promise.all(pulls)
    expect(pulled.map(({ digest }) => digest)).toEqual(pulls.map(() => layer.digest))
    expect(upstream.blobGets()).toHaveLength(1)
  })

  it('is given out while it arrives, in parts too', async () => {
    const { name, upstream } = await createCache()
    const { repository, layer } = await stock(createOpaqueImage('in parts', [2_000_000]))
    const here = `${name}/${repository}`
    const client = server.client()
    await client.getManifest(here, 'v1')
    const held = Promise.withResolvers<undefined>()
    upstream.disturb(({ path }) =>
      path.includes(layer.digest)
        ? { kind: 'held', until: held.promise, afterBytes: 1_500_000 }
        : undefined,
    )
    const whole = await client.open('GET', `/v2/${here}/blobs/${layer.digest}`)
    const [first] = (await once(whole, 'data')) as [Buffer]
    expect(layer.bytes.subarray(0, first.length).equals(first)).toBe(true)
    const part = client.getBlob(here, layer.digest, { range: 'bytes=1000-1999' })
    const last = client.getBlob(here, layer.digest, { range: 'bytes=-10' })
    held.resolve(undefined)
    const parts = await Promise.all([part, last])
    expect(parts.map(({ status }) => status)).toEqual([206, 206])
    expect(parts[0].body.equals(layer.bytes.subarray(1000, 2000))).toBe(true)
    expect(parts[1].body.equals(layer.bytes.subarray(-10))).toBe(true)
    whole.destroy()
    expect(await client.pullBlob(here, layer.digest)).toMatchObject({ digest: layer.digest })
    expect(upstream.blobGets()).toHaveLength(1)
  })
})

describe('an upstream that fails', () => {
  it('keeps nobody waiting for what is here', async () => {
    const { name, upstream } = await createCache()
    const { repository } = await stock()
    const client = server.client()
    const here = `${name}/${repository}`
    await client.getManifest(here, 'v1')
    upstream.disturb(() => ({ kind: 'silent' }))
    const [first, firstMs] = await timed(() => client.getManifest(here, 'v1'))
    expect(first.status).toBe(200)
    expect(firstMs).toBeLessThan(2_000)
    const asked = upstream.requests.length
    const [second] = await timed(() => client.getManifest(here, 'v1'))
    expect(second.status).toBe(200)
    expect(upstream.requests).toHaveLength(asked)
  })

  it('in the middle of a blob breaks the connection; the next pull goes on from there', async () => {
    const { name, upstream } = await createCache()
    const { repository, layer } = await stock(createOpaqueImage('cut off', [4_000_000]))
    const here = `${name}/${repository}`
    const client = server.client()
    await client.getManifest(here, 'v1')
    let begun = false
    upstream.disturb(({ path }) => {
      if (!path.includes(layer.digest)) return undefined
      // Once, some of it; then the door stays shut.
      if (begun) return { kind: 'status', status: 404 }
      begun = true
      return { kind: 'cut', afterBytes: 2_500_000 }
    })
    await expect(client.pullBlob(here, layer.digest)).rejects.toThrow(/aborted|hang up|reset/)
    upstream.disturb(() => undefined)
    upstream.requests.length = 0
    expect(await client.pullBlob(here, layer.digest)).toMatchObject({ digest: layer.digest })
    const [again, ...more] = upstream.blobGets()
    expect(more).toEqual([])
    const from = Number(/^bytes=(\d+)-/.exec(again?.range ?? '')?.[1])
    expect(from).toBeGreaterThan(1_000_000)
  })

  it('before a blob has begun is told to the client', async () => {
    const { name, upstream } = await createCache()
    const { repository, layer } = await stock()
    const here = `${name}/${repository}`
    const client = server.client()
    await client.getManifest(here, 'v1')
    upstream.disturb(() => ({ kind: 'status', status: 404 }))
    const answer = await client.getBlob(here, layer.digest)
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      errors: [{ code: 'INVALID_REQUEST', message: isUpstreamText }],
    })
    upstream.disturb(() => undefined)
    expect((await client.getBlob(here, layer.digest)).status).toBe(200)
  })

  it('never passes on bytes of another blob', async () => {
    const { name, upstream } = await createCache()
    const { repository, layer } = await stock(createOpaqueImage('what was meant', [2_000]))
    const client = server.client()
    const here = `${name}/${repository}`
    await client.getManifest(here, 'v1')
    upstream.disturb(({ path }) =>
      path.includes(layer.digest) ? { kind: 'scrambled' } : undefined,
    )
    const answer = client.pullBlob(here, layer.digest)
    await expect(answer).rejects.toThrow()
    upstream.disturb(() => undefined)
    expect(await client.pullBlob(here, layer.digest)).toMatchObject({ digest: layer.digest })
  })
})

describe('the limit of a cache', () => {
  it('lets go of what ends next, and takes no image that is larger than all of it', async () => {
    const { name } = await createCache()
    const client = server.client()
    const size = 3_500_000
    const stocked: Awaited<ReturnType<typeof stock>>[] = []
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

describe('missed pulls', () => {
  interface Missed {
    readonly missed_pulls: readonly {
      readonly id: string
      readonly reference: string
      readonly upstream: string | null
      readonly count: number
      readonly clients: number
      readonly ignored: boolean
    }[]
  }
  const path = '/api/v1/mooring/missed-pulls'
  const find = async (search: string, more = '') =>
    ((await admin.get(`${path}?search=${search}${more}`)) as Missed).missed_pulls

  it('are listed with who asked how often, and where the image may be found', async () => {
    const { name, upstream } = await createCache()
    const client = server.client()
    await client.getManifest(`${name}/team/absent`, 'v1')
    expect(await find(`${name}/team/absent`)).toMatchObject([
      {
        reference: `${name}/team/absent:v1`,
        upstream: `${upstream.host}/team/absent:v1`,
        count: 1,
        clients: 1,
        ignored: false,
      },
    ])

    const anonymous = server.client('anonymous')
    for (const at of ['nowhere/app', 'quay/none']) {
      const answer = await anonymous.request('GET', `/v2/${at}/manifests/2.0?ns=docker.io`)
      expect(answer.status).toBe(401)
    }
    await client.pushImage('quay/some', 'v1', createOpaqueImage('some', [10]))
    await client.getManifest('quay/some', 'v1')
    await client.getManifest('quay/some', 'v2')
    await client.headManifest('quay/some', 'v2')
    expect(await find('nowhere/app')).toMatchObject([
      { reference: 'nowhere/app:2.0', upstream: 'docker.io/nowhere/app:2.0' },
    ])
    expect(await find('quay/some')).toMatchObject([
      { reference: 'quay/some:v2', upstream: null, count: 2, clients: 1 },
    ])
    // What is there, but not for this caller, is nobody's business.
    await anonymous.getManifest('quay/some', 'v1')
    expect(await find('quay/some')).toHaveLength(1)
  })

  it('can be sorted, ignored and forgotten', async () => {
    const client = server.client()
    for (const tag of ['a', 'b', 'b', 'b', 'a', 'c']) await client.getManifest('quay/sorted', tag)
    const tags = (rows: Missed['missed_pulls']) => rows.map(({ reference }) => reference.slice(-1))
    expect(tags(await find('quay/sorted'))).toEqual(['b', 'a', 'c'])
    expect(tags(await find('quay/sorted', '&sort=time'))).toEqual(['c', 'a', 'b'])

    const [most, next] = await find('quay/sorted')
    await admin.put(`${path}/${most?.id ?? ''}`, { ignored: true })
    expect(tags(await find('quay/sorted'))).toEqual(['a', 'c'])
    expect(tags(await find('quay/sorted', '&ignored=true'))).toEqual(['b'])
    await admin.delete(`${path}/${next?.id ?? ''}`)
    expect(tags(await find('quay/sorted'))).toEqual(['c'])
    await admin.delete(`${path}/${next?.id ?? ''}`, 404)
    await client.getManifest('quay/sorted', 'b')
    expect(tags(await find('quay/sorted'))).toEqual(['c'])
    await client.pushImage('quay/sorted', 'c', createOpaqueImage('come', [10]))
    expect(await find('quay/sorted')).toEqual([])
    await outsider.api.get(path, 403)
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

describe('the settings of a cache', () => {
  const at = (name: string) => `/api/v1/organization/${name}/proxycache`
  const refusal = async (name: string, body: Record<string, unknown>, route = 'proxycache') => {
    const path = `/api/v1/organization/${name}/${route}`
    const { detail } = (await admin.post(path, body, 400)) as { detail: string }
    return detail
  }
  async function createOrganization(name: string) {
    await admin.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
  }

  it('are shown without the credentials, and empty where there are none', async () => {
    const { name, upstream } = await createCache({ upstream_registry_password: peer.password })
    expect(await admin.get(at(name))).toEqual({
      upstream_registry: upstream.host,
      expiration_s: 86_400,
      insecure: true,
    })
    expect(await refusal(name, { upstream_registry: upstream.host })).toBe(
      'Proxy Cache Configuration already exists',
    )
    expect(await admin.delete(at(name), 201)).toBe('Deleted')
    expect(await admin.get(at(name))).toEqual({
      upstream_registry: '',
      expiration_s: '',
      insecure: '',
    })
    await admin.delete(at(name), 404)
    const { logs } = (await admin.get(`/api/v1/organization/${name}/logs`)) as {
      logs: { kind: string; metadata: object }[]
    }
    expect(logs.filter(({ kind }) => kind.endsWith('_proxy_cache_config'))).toMatchObject([
      { kind: 'delete_proxy_cache_config' },
      { kind: 'create_proxy_cache_config', metadata: { upstream_registry: upstream.host } },
    ])
  })

  it('lead to no address that is blocked', async () => {
    await createOrganization('blocked')
    const notAllowed = 'The provided registry URL is not allowed'
    for (const upstream_registry of [
      '10.0.0.1:5000',
      '169.254.169.254',
      'localhost',
      '[::1]:5000',
    ]) {
      expect(await refusal('blocked', { upstream_registry })).toBe(notAllowed)
      expect(await refusal('blocked', { upstream_registry }, 'validateproxycache')).toBe(notAllowed)
    }
    expect(await refusal('blocked', { upstream_registry: 'https://docker.io' })).toBe(
      'Error while creating Proxy cache configuration',
    )
  })

  it('can be tried out before', async () => {
    const upstream = await watchUpstream(peer.url)
    opened.push(upstream)
    await createOrganization('tried')
    const tried = '/api/v1/organization/tried/validateproxycache'
    const base = { upstream_registry: upstream.host, insecure: true }
    const login = {
      upstream_registry_username: peer.username,
      upstream_registry_password: peer.password,
    }
    expect(await admin.post(tried, { ...base, ...login }, 202)).toBe('Valid')
    expect(await admin.post(tried, base, 202)).toBe('Anonymous')
    const wrong = { ...base, ...login, upstream_registry_password: 'wrong' }
    expect(await refusal('tried', wrong, 'validateproxycache')).toBe(
      'Failed login to remote registry. Please verify entered details and try again.',
    )
  })

  it('are refused where tags cannot change', async () => {
    await createOrganization('frozen')
    await server.client().pushImage('frozen/app', 'v1', createOpaqueImage('frozen', [10]))
    await admin.put('/api/v1/repository/frozen/app/tag/v1', { immutable: true }, 201)
    expect(await refusal('frozen', { upstream_registry: '127.0.0.1:5000' })).toBe(
      'Cannot convert organization to proxy cache: immutable tags exist',
    )
  })

  it('leave no room for policies that make tags immutable', async () => {
    const { name } = await createCache()
    const { repository } = await stock()
    const here = `${name}/${repository}`
    expect((await server.client().getManifest(here, 'v1')).status).toBe(200)
    for (const path of [`organization/${name}`, `repository/${here}`]) {
      const policies = `/api/v1/${path}/immutabilitypolicy/`
      expect(await admin.post(policies, { tagPattern: 'v.*' }, 400)).toMatchObject({
        detail: 'Cannot create immutability policy: organization is a proxy cache',
      })
    }
  })
})
