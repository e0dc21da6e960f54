import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { imageFor, indexOf } from '../copying/copying-world-suite.ts'
import { blobOf, manifestOf, second } from '../gc/gc-world-suite.ts'
import { quotaStore } from '../quota/quota-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { createProxyWorld } from './proxy-world-suite.ts'

type World = Awaited<ReturnType<typeof createProxyWorld>>

const fault = (code: 'connection_error' | 'not_found' | 'auth_failed' | 'disconnected') =>
  new UpstreamFault(code, { host: 'registry.example', asked: 'GET /v2/x', reason: 'so it is' })

/** An image upstream of one layer of that many bytes, tagged `latest`. */
function stock(world: World, text: string, bytes = 10) {
  const config = blobOf(`config of ${text}`)
  const layer = blobOf(text.padEnd(bytes, '.'))
  const manifest = manifestOf({ blobs: [config, layer] })
  world.upstream.put(manifest, [config, layer], 'latest')
  return { manifest, config, layer }
}

const missingIn = async (world: World, id: number) =>
  (await world.missing())
    .filter(({ repository_id }) => repository_id === id)
    .map(({ digest }) => digest)

describeDatabases('a cache of another registry', (open) => {
  let world: World
  beforeAll(async () => {
    world = await createProxyWorld(await open())
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    world.failWith(undefined)
    world.setReadOnly(false)
    // What a test before has left is over: tags, and that the upstream is left alone.
    world.advance(1_000 * second)
    while ((await world.completion.step()) === 'more');
  })

  test('knows what is missing of an image, and has it once it was fetched', async () => {
    const { manifest, config, layer } = stock(world, 'one')
    const home = await world.pull('missing', 'latest')
    expect(await world.tagged(home.id, 'latest')).toBe(manifest.digest)
    expect(await missingIn(world, home.id)).toEqual([config.digest, layer.digest].sort())
    expect(await world.blobs.findSize(home, layer.digest)).toBe(layer.bytes.length)
    const counted = async () =>
      (await quotaStore(world.db).list('quotarepositorysize', [home.id]))[0]?.size_bytes ?? 0
    expect(await counted()).toBe(0)

    await Promise.all([1, 2, 3].map(() => world.blobs.fetch(home, layer.digest, 10)))
    expect(world.upstream.asked.filter((asked) => asked === `BLOB ${layer.digest}`)).toHaveLength(1)
    expect(await missingIn(world, home.id)).toEqual([config.digest])
    expect(await world.blobs.findSize(home, layer.digest)).toBeUndefined()
    expect(await counted()).toBe(10)

    // What holds on to the blob is the manifest, not the moment at which it came.
    world.advance(90 * second)
    await world.pull('missing', 'latest')
    world.advance(90 * second)
    const collector = world.collector()
    while ((await collector.step()) === 'more');
    expect(await world.isVisible(layer.digest, home.id)).toBe(true)
  })

  test('gives what is here when its credentials cannot be read any more, and says so', async () => {
    const { manifest, layer } = stock(world, 'sealed')
    const home = await world.pull('sealed', 'latest')
    await world.blobs.fetch(home, layer.digest, 10)
    const before = await world.db.selectFrom('proxycacheconfig').selectAll().execute()
    await world.loseKey()
    try {
      const asked = world.upstream.asked.length
      await world.pull('sealed', 'latest')
      expect(await world.tagged(home.id, 'latest')).toBe(manifest.digest)
      await expect(world.pull('unheard', 'latest')).rejects.toMatchObject({
        code: 'repository-unknown',
        detail: { upstream: expect.stringContaining('cannot be read any more') as string },
      })
      await expect(world.blobs.fetch(home, layer.digest, 10)).rejects.toMatchObject({
        code: 'decryption_failed',
      })
      expect(await world.referrersOf(home, manifest.digest)).toEqual([])
      expect(world.upstream.asked).toHaveLength(asked)
    } finally {
      await world.db
        .updateTable('proxycacheconfig')
        .set({ credentials_encrypted: before[0]?.credentials_encrypted ?? null })
        .execute()
      world.caches.forget(world.namespace.id)
    }
  })

  test('answers from what is here while the site is disconnected, though it had ended', async () => {
    const { manifest } = stock(world, 'apart')
    const home = await world.pull('apart', 'latest')
    world.setDisconnected(true)
    world.failWith(fault('disconnected'))
    world.advance(1_000 * second)
    const asked = world.upstream.asked.length
    try {
      await world.pull('apart', 'latest')
      expect(await world.tagged(home.id, 'latest')).toBe(manifest.digest)
      expect(world.upstream.asked).toHaveLength(asked)
      await expect(world.pull('nowhere', 'latest')).rejects.toMatchObject({
        code: 'repository-unknown',
      })
    } finally {
      world.setDisconnected(false)
    }
    world.failWith(undefined)
    await world.pull('apart', 'latest')
    expect(world.upstream.asked.length).toBeGreaterThan(asked)
  })

  test('fetches ahead what nobody has asked for, and later again what could not be had', async () => {
    const { config, layer } = stock(world, 'ahead')
    await world.pull('ahead', 'latest')
    expect(await world.completion.isDue()).toBe(false)
    world.advance(5 * second)
    expect(await world.completion.isDue()).toBe(true)

    world.failWith(fault('connection_error'))
    expect(await world.completion.step()).toBe('idle')
    expect(await world.completion.isDue()).toBe(false)
    world.failWith(undefined)
    world.advance(30 * 60 * second)
    world.upstream.forget(config.digest)
    await world.completion.step()
    const [left, ...more] = await world.missing()
    expect([left?.digest, left?.due_at, more]).toEqual([config.digest, null, []])
    expect(await world.rowOf(layer.digest)).toBeDefined()
  })

  test('asks once for what many pull at the same time', async () => {
    const { manifest } = stock(world, 'many')
    const asked = world.upstream.asked.length
    const homes = await Promise.all(Array.from({ length: 20 }, () => world.pull('many', 'latest')))
    const gets = () => world.upstream.asked.slice(asked).filter((one) => one.startsWith('GET'))
    expect(gets()).toEqual(['GET latest'])
    expect(new Set(homes.map(({ id }) => id)).size).toBe(1)
    await Promise.all(Array.from({ length: 20 }, () => world.pull('many', 'latest')))
    expect(gets()).toEqual(['GET latest'])
    expect(await world.tagged(homes[0]?.id ?? 0, 'latest')).toBe(manifest.digest)
  })

  test('leaves everything as it is while nothing may be written', async () => {
    const { layer } = stock(world, 'still')
    const home = await world.pull('still', 'latest')
    stock(world, 'moved on')
    const asked = world.upstream.asked.length
    world.setReadOnly(true)
    await world.pull('still', 'latest')
    expect(await world.blobs.findSize(home, layer.digest)).toBeUndefined()
    await expect(world.pull('unheard-of', 'latest')).rejects.toThrow()
    expect(world.upstream.asked).toHaveLength(asked)
  })

  test('keeps what is asked for alive, by its digest with the index above it', async () => {
    const arm = imageFor({ os: 'linux', architecture: 'arm64' }, 'arm')
    world.upstream.put(arm.manifest, arm.blobs)
    const index = world.upstream.put(indexOf([arm]), [], 'latest')
    const { id } = await world.pull('alive', 'latest')
    world.advance(60 * second)
    await world.pull('alive', arm.manifest.digest)
    world.advance(60 * second)
    expect(await world.tagged(id, 'latest')).toBe(index.digest)
    world.advance(60 * second)
    expect(await world.tagged(id, 'latest')).toBeUndefined()
  })

  test('gives a tag that ran out a new life, and nothing where the upstream is silent', async () => {
    const { manifest } = stock(world, 'old')
    const { id } = await world.pull('old', 'latest')
    world.advance(101 * second)
    world.failWith(fault('connection_error'))
    await expect(world.pull('old', 'latest')).rejects.toMatchObject({ code: 'manifest-unknown' })
    world.failWith(undefined)
    const asked = world.upstream.asked.length
    await world.pull('old', 'latest')
    expect(world.upstream.asked.slice(asked)).toEqual(['HEAD latest'])
    expect(await world.tagged(id, 'latest')).toBe(manifest.digest)
  })

  test('serves what is here while the upstream fails, but not once it refuses', async () => {
    stock(world, 'here')
    await world.pull('here', 'latest')
    for (const code of ['connection_error', 'not_found'] as const) {
      world.failWith(fault(code))
      await world.pull('here', 'latest')
    }
    // It is left alone after it did not answer, and asked again later.
    world.advance(30 * second)
    world.failWith(fault('auth_failed'))
    await expect(world.pull('here', 'latest')).rejects.toMatchObject({ code: 'manifest-unknown' })
    await expect(world.pull('other', 'latest')).rejects.toMatchObject({
      code: 'repository-unknown',
    })
  })

  test('has what is attached to an image, also while the upstream is away, but not for ever', async () => {
    const { manifest } = stock(world, 'signed')
    const signature = manifestOf({ blobs: [blobOf('{}'), blobOf('signature')], subject: manifest })
    world.upstream.put(signature, [blobOf('{}'), blobOf('signature')])
    const home = await world.pull('signed', 'latest')
    expect(await world.referrersOf(home, manifest.digest)).toEqual([signature.digest])
    expect(await missingIn(world, home.id)).toContain(blobOf('signature').digest)

    const later = manifestOf({ blobs: [blobOf('{}'), blobOf('later')], subject: manifest })
    world.upstream.put(later, [blobOf('{}'), blobOf('later')])
    const both = [signature.digest, later.digest].sort()
    expect(await world.referrersOf(home, manifest.digest)).toEqual(both)
    expect(world.upstream.asked.filter((asked) => asked === `GET ${signature.digest}`)).toEqual([
      `GET ${signature.digest}`,
    ])

    // Asked for within their time, they stay.
    world.advance(90 * second)
    expect(await world.referrersOf(home, manifest.digest)).toEqual(both)
    world.failWith(fault('connection_error'))
    world.advance(90 * second)
    expect(await world.referrersOf(home, manifest.digest)).toEqual(both)
    world.advance(90 * second)
    expect(await world.referrersOf(home, manifest.digest)).toEqual([])
  })

  test('tells nothing of what is attached to an image once the upstream refuses', async () => {
    const { manifest } = stock(world, 'closed')
    world.upstream.put(manifestOf({ subject: manifest }), [blobOf('config')])
    const home = await world.pull('closed', 'latest')
    expect(await world.referrersOf(home, manifest.digest)).toHaveLength(1)
    world.failWith(fault('auth_failed'))
    await expect(world.referrersOf(home, manifest.digest)).rejects.toMatchObject({
      code: 'manifest-unknown',
    })
  })

  test('never asks about a tag that cannot change', async () => {
    const { manifest } = stock(world, 'fixed')
    const { id } = await world.pull('fixed', 'latest')
    const tag = await tagStore(world.db).findCurrent(id, 'latest')
    await tagStore(world.db).setImmutable(tag?.id ?? 0, true)
    stock(world, 'moved')
    const asked = world.upstream.asked.length
    await world.pull('fixed', 'latest')
    expect(world.upstream.asked).toHaveLength(asked)
    expect(await world.tagged(id, 'latest')).toBe(manifest.digest)
  })

  test('forgets what was missing of an image that is collected', async () => {
    stock(world, 'gone')
    const { id } = await world.pull('gone', 'latest')
    expect(await missingIn(world, id)).toHaveLength(2)
    world.advance(101 * second)
    const collector = world.collector()
    while ((await collector.step()) === 'more');
    expect(await missingIn(world, id)).toEqual([])
  })
})

describeDatabases('the room of a cache', (open) => {
  const worlds: World[] = []
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close()
  })

  async function fill(world: World, names: readonly string[], bytes: number) {
    const homes = new Map<string, number>()
    for (const name of names) {
      const { layer } = stock(world, name, bytes)
      const home = await world.pull(name, 'latest')
      await world.blobs.fetch(home, layer.digest, bytes)
      homes.set(name, home.id)
      world.advance(second)
    }
    return {
      here: async () => {
        const found: string[] = []
        for (const [name, id] of homes) {
          if ((await world.tagged(id, 'latest')) !== undefined) found.push(name)
        }
        return found
      },
    }
  }

  test('is made by what ends next, and no more than is needed', async () => {
    const world = await createProxyWorld(await open(), { limitBytes: 3_500 })
    worlds.push(world)
    const { here } = await fill(world, ['a', 'b', 'c'], 1_000)
    expect(await here()).toEqual(['a', 'b', 'c'])
    stock(world, 'a', 1_000)
    await world.pull('a', 'latest')
    stock(world, 'd', 1_000)
    await world.pull('d', 'latest')
    // `a` was asked for again, so `b` ended next.
    expect(await here()).toEqual(['a', 'c'])
  })

  test('counts a layer only when nothing else needs it', async () => {
    const world = await createProxyWorld(await open(), { limitBytes: 3_000 })
    worlds.push(world)
    const shared = blobOf('shared'.padEnd(1_000, '.'))
    for (const name of ['a', 'b']) {
      const own = blobOf(name.padEnd(500, '.'))
      const manifest = manifestOf({ blobs: [own, shared] })
      world.upstream.put(manifest, [own, shared], 'latest')
      const home = await world.pull(name, 'latest')
      await world.blobs.fetch(home, own.digest, 500)
      await world.blobs.fetch(home, shared.digest, 1_000)
      world.advance(second)
    }
    // 2000 are used. Without `a` there is room for 1500 only: the layer stays for `b`.
    stock(world, 'c', 1_900)
    const c = await world.pull('c', 'latest')
    expect(await world.tagged(c.id, 'latest')).toBeDefined()
    for (const name of ['a', 'b']) {
      const home = await world.repositories.get(`hub/${name}`)
      expect(await world.tagged(home.id, 'latest')).toBeUndefined()
    }
  })

  test('is not given to several at once', async () => {
    const world = await createProxyWorld(await open(), { limitBytes: 3_500 })
    worlds.push(world)
    const images = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, ...stock(world, name, 1_000) }))
    const homes = await Promise.all(
      images.map(({ name, manifest }) => world.pull(name, manifest.digest)),
    )
    const collector = world.collector()
    while ((await collector.step()) === 'more');
    const missing = await Promise.all(homes.map(({ id }) => missingIn(world, id)))
    const kept = missing.filter((digests) => digests.length > 0)
    expect(kept).toHaveLength(3)
  })

  test('is refused to an image that does not fit, and nothing goes for it', async () => {
    const world = await createProxyWorld(await open(), { limitBytes: 2_500 })
    worlds.push(world)
    const { here } = await fill(world, ['a', 'b'], 1_000)
    stock(world, 'huge', 2_600)
    await expect(world.pull('huge', 'latest')).rejects.toMatchObject({ code: 'quota-exceeded' })
    for (const name of ['a', 'b']) {
      const home = await world.repositories.get(`hub/${name}`)
      const tag = await tagStore(world.db).findCurrent(home.id, 'latest')
      await tagStore(world.db).setImmutable(tag?.id ?? 0, true)
    }
    stock(world, 'more', 1_000)
    await expect(world.pull('more', 'latest')).rejects.toMatchObject({ code: 'quota-exceeded' })
    expect(await here()).toEqual(['a', 'b'])
  })
})
