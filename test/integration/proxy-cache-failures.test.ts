import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  isUpstreamText,
  startCachingServer,
  type CachingServer,
} from '../support/caching-server.ts'
import { createOpaqueImage } from '../support/content.ts'
import type { PeerRegistry } from '../support/peer-registry.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let world: CachingServer
let server: TestServer
let peer: PeerRegistry
let createCache: CachingServer['createCache']
let stock: CachingServer['stock']

beforeAll(async () => {
  world = await startCachingServer()
  ;({ server, peer, createCache, stock } = world)
})
afterAll(() => world[Symbol.asyncDispose]())

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begun = performance.now()
  return [await work(), performance.now() - begun]
}

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

  it('keeps nobody waiting either when it has something new and does not give it', async () => {
    const { name, upstream } = await createCache()
    const { repository, image } = await stock()
    const client = server.client()
    const here = `${name}/${repository}`
    await client.getManifest(here, 'v1')
    const next = createOpaqueImage('new, and never given', [500])
    await peer.client().pushImage(repository, 'v1', next)
    upstream.disturb(({ method }) => (method === 'GET' ? { kind: 'silent' } : undefined))
    const [answer, ms] = await timed(() => client.getManifest(here, 'v1'))
    expect(answer.header('docker-content-digest')).toBe(image.manifest.digest)
    expect(ms).toBeLessThan(2_000)
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
    // The fetch is tried a second time, and whoever asks meanwhile reads the same wrong bytes.
    const pulled = await until('the right bytes', () =>
      client.pullBlob(here, layer.digest).catch(() => undefined),
    )
    expect(pulled).toMatchObject({ digest: layer.digest })
  })
})
