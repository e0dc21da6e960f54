import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeDatabases, sqliteOpener } from '../../db/database-suite.ts'
import { blobOf, digestOf, manifestOf, type Manifest } from '../gc/gc-world-suite.ts'
import type { CopyRequest } from './copy.ts'
import { createCopyMeter } from './copy-meter.ts'
import {
  createCopyingWorld,
  createFakeUpstream,
  imageFor,
  indexOf,
  never,
  type CopyingWorld,
} from './copying-world-suite.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm = { os: 'linux', architecture: 'arm', variant: 'v7' }
const fault = (reason: string): unknown => expect.objectContaining({ name: 'CopyFault', reason })

let made = 0
let repositoryId: number
let moved: string[]
let upstream: ReturnType<typeof createFakeUpstream>

/** A repository and an upstream of its own for every test. */
async function begin(world: CopyingWorld) {
  repositoryId = await world.addRepository(`copy-${String(++made)}`)
  moved = []
  upstream = createFakeUpstream()
}

const request = (tag: string, more: Partial<CopyRequest> = {}): CopyRequest => ({
  ...{ upstream: upstream.source, source: 'upstream.example', repositoryId, tag, signal: never },
  record: (_tx, { tag, digest }) => {
    moved.push(`${tag} ${digest}`)
    return Promise.resolve()
  },
  ...more,
})

const imageWith = (text: string, subject?: Manifest) => {
  const blobs = [blobOf(`config ${text}`), blobOf(`layer ${text}`)]
  return { manifest: manifestOf({ blobs, subject }), blobs }
}

describeDatabases('copying a tag', (open) => {
  let world: CopyingWorld
  beforeAll(async () => {
    world = await createCopyingWorld(await open())
  })
  afterAll(() => world.close())
  beforeEach(() => begin(world))

  test('brings the image with its blobs, and costs one HEAD the next time', async () => {
    const { manifest, blobs } = imageWith('app 1')
    upstream.put(manifest, blobs, 'v1')
    const result = await world.copier.copyTag(request('v1'))
    expect(result).toMatchObject({ digest: manifest.digest, changed: true, blobsFetched: 2 })
    expect(result.bytes).toBe(blobs.reduce((sum, { bytes }) => sum + bytes.length, 0))
    expect(await world.has(repositoryId, manifest)).toBe(true)
    expect(await world.tagged(repositoryId, 'v1')).toBe(manifest.digest)
    for (const { digest } of blobs) expect(await world.isVisible(digest, repositoryId)).toBe(true)
    expect(moved).toEqual([`v1 ${manifest.digest}`])

    upstream.asked.length = 0
    const again = await world.copier.copyTag(request('v1'))
    expect(again).toMatchObject({ digest: manifest.digest, changed: false, bytes: 0 })
    expect(upstream.asked).toEqual(['HEAD v1'])
    expect(moved).toHaveLength(1)
  })

  test('fetches what the storage has only once, for whatever repository', async () => {
    const { manifest, blobs } = imageWith('app 2')
    upstream.put(manifest, blobs, 'v1')
    for (const blob of blobs) await world.upload(blob, world.otherId)
    const result = await world.copier.copyTag(request('v1'))
    expect(result).toMatchObject({ blobsFetched: 0, blobsPresent: 2, bytes: 0 })
    expect(upstream.asked.filter((one) => one.startsWith('BLOB'))).toEqual([])
  })

  test('brings an index, one inside it, and the images of both before the tag moves', async () => {
    const [one, two, three] = ['a', 'b', 'c'].map((text) => imageFor(amd64, `index ${text}`))
    if (!one || !two || !three) throw new Error('no images')
    for (const { manifest, blobs } of [one, two, three]) upstream.put(manifest, blobs)
    const inner = upstream.put(indexOf([two, three]))
    const outer = upstream.put(indexOf([one, { manifest: inner }]), [], 'all')
    const below = [inner, one.manifest, two.manifest, three.manifest]
    const here = async () => {
      const found = []
      for (const manifest of below) found.push(await world.has(repositoryId, manifest))
      return found
    }
    await world.copier.copyTag(request('all'))
    expect(await here()).toEqual([true, true, true, true])
    expect(await world.has(repositoryId, outer)).toBe(true)
    upstream.asked.length = 0
    expect(await world.copier.copyTag(request('all'))).toMatchObject({ changed: false })
    expect(upstream.asked).toEqual(['HEAD all'])
  })

  test('leaves the tag where it was when something is missing upstream', async () => {
    const old = imageWith('old')
    upstream.put(old.manifest, old.blobs, 'v1')
    await world.copier.copyTag(request('v1'))
    const { manifest, blobs } = imageWith('broken')
    upstream.put(manifest, blobs.slice(1), 'v1')
    await expect(world.copier.copyTag(request('v1'))).rejects.toThrow('no blob')
    expect(await world.tagged(repositoryId, 'v1')).toBe(old.manifest.digest)
    upstream.put(manifest, blobs, 'v1')
    expect(await world.copier.copyTag(request('v1'))).toMatchObject({ changed: true })
    expect(moved).toEqual([`v1 ${old.manifest.digest}`, `v1 ${manifest.digest}`])
  })

  test('brings referrers of referrers, and the tags of cosign', async () => {
    const image = imageWith('signed')
    upstream.put(image.manifest, image.blobs, 'v1')
    const sbom = imageWith('sbom', image.manifest)
    upstream.put(sbom.manifest, sbom.blobs)
    const signature = imageWith('signature of the sbom', sbom.manifest)
    upstream.put(signature.manifest, signature.blobs)
    const cosign = imageWith('cosign')
    const name = `${image.manifest.digest.replace(':', '-')}.sig`
    upstream.put(cosign.manifest, cosign.blobs, name)

    expect(await world.copier.copyTag(request('v1'))).toMatchObject({ referrers: 3 })
    expect(await world.has(repositoryId, sbom.manifest)).toBe(true)
    expect(await world.has(repositoryId, signature.manifest)).toBe(true)
    expect(await world.tagged(repositoryId, name)).toBe(cosign.manifest.digest)
    expect(moved).toEqual([`${name} ${cosign.manifest.digest}`, `v1 ${image.manifest.digest}`])
  })

  test('brings a signature that came later, when the list of tags shows it or it is asked to', async () => {
    const image = imageWith('signed later')
    upstream.put(image.manifest, image.blobs, 'v1')
    const name = `${image.manifest.digest.replace(':', '-')}.sig`
    await world.copier.copyTag(request('v1', { knownTags: new Set(['v1']) }))
    expect(upstream.asked).not.toContain(`HEAD ${name}`)
    const cosign = imageWith('cosign later')
    upstream.put(cosign.manifest, cosign.blobs, name)
    const knownTags = new Set(['v1', name])
    const later = await world.copier.copyTag(request('v1', { knownTags }))
    expect(later).toMatchObject({ changed: true, referrers: 1 })
    expect(await world.tagged(repositoryId, name)).toBe(cosign.manifest.digest)

    const sbom = imageWith('sbom later', image.manifest)
    upstream.put(sbom.manifest, sbom.blobs)
    upstream.asked.length = 0
    await world.copier.copyTag(request('v1', { knownTags }))
    expect(upstream.asked).toEqual(['HEAD v1'])
    await world.copier.copyTag(request('v1', { knownTags, refreshReferrers: true }))
    expect(await world.has(repositoryId, sbom.manifest)).toBe(true)
  })

  test('leaves what is attached behind when told so', async () => {
    const image = imageWith('plain')
    upstream.put(image.manifest, image.blobs, 'v1')
    const sbom = imageWith('sbom of plain', image.manifest)
    upstream.put(sbom.manifest, sbom.blobs)
    await world.copier.copyTag(request('v1', { withReferrers: false }))
    expect(await world.has(repositoryId, sbom.manifest)).toBe(false)
  })

  test('asks once for a layer that several tags have, copied at the same time', async () => {
    const shared = blobOf('base layer of all')
    const tags = ['a', 'b', 'c']
    for (const tag of tags) {
      const config = blobOf(`config of ${tag}`)
      upstream.put(manifestOf({ blobs: [config, shared] }), [config, shared], tag)
    }
    await Promise.all(tags.map((tag) => world.copier.copyTag(request(tag))))
    expect(upstream.asked.filter((one) => one === `BLOB ${shared.digest}`)).toHaveLength(1)
    expect(moved).toHaveLength(3)
  })

  test('tells how far it has come', async () => {
    const { manifest, blobs } = imageWith('metered')
    upstream.put(manifest, blobs, 'v1')
    const meter = createCopyMeter({ elapsed: () => 0 })
    const { bytes } = await world.copier.copyTag(request('v1', { meter }))
    const whole = { bytes, bytesTotal: bytes, blobs: 2, blobsTotal: 2, tags: [] }
    expect(meter.snapshot()).toMatchObject(whole)
  })

  test('tells which layers are on their way, and for which platform', async () => {
    const [one, two] = [imageFor(amd64, 'one'), imageFor(arm, 'two')]
    for (const { manifest, blobs } of [one, two]) upstream.put(manifest, blobs)
    upstream.put(indexOf([one, two]), [], 'v1')
    const seen = new Set<string>()
    let now = 0
    const meter = createCopyMeter({
      elapsed: () => (now += 1_000),
      report: ({ layers }) => {
        for (const { tag, platform, digest, total } of layers) {
          seen.add([tag, platform, digest, total].join(' '))
        }
      },
    })
    await world.copier.copyTag(request('v1', { meter }))
    const wanted = [
      ...one.blobs.map((blob) => ({ ...blob, platform: 'linux/amd64' })),
      ...two.blobs.map((blob) => ({ ...blob, platform: 'linux/arm/v7' })),
    ]
    const line = ({ platform, digest, bytes }: (typeof wanted)[number]) =>
      ['v1', platform, digest, bytes.length].join(' ')
    expect([...seen].sort()).toEqual(wanted.map(line).sort())
    expect(meter.snapshot().layers).toEqual([])
  })

  test.each([
    ['has no tag', undefined, 'not-found'],
    ['is of the first format', { schemaVersion: 1, name: 'a', tag: 'b' }, 'schema-1'],
    ['is no manifest', { schemaVersion: 2 }, 'manifest-invalid'],
  ])('says so when the upstream %s', async (_what, document, reason) => {
    if (document) {
      const bytes = Buffer.from(JSON.stringify(document))
      const none = { blobs: [], children: [], subject: undefined }
      upstream.put({ bytes, digest: digestOf(bytes), mediaType: '', ...none }, [], 'v1')
    }
    await expect(world.copier.copyTag(request('v1'))).rejects.toEqual(fault(reason))
    expect(moved).toEqual([])
  })

  test('of some platforms needs sparse indexes', async () => {
    const [one, two] = [imageFor(amd64, 'full'), imageFor(arm, 'full')]
    for (const { manifest, blobs } of [one, two]) upstream.put(manifest, blobs)
    upstream.put(indexOf([one, two]), [], 'v1')
    const filtered = request('v1', { platforms: ['amd64'] })
    await expect(world.copier.copyTag(filtered)).rejects.toEqual(fault('sparse-index-off'))
    const both = request('v1', { platforms: ['amd64', 'linux/arm/v7'] })
    expect(await world.copier.copyTag(both)).toMatchObject({ changed: true })
  })
})

describe('copying some platforms', () => {
  const openDatabase = sqliteOpener()
  let world: CopyingWorld
  beforeAll(async () => {
    world = await createCopyingWorld(await openDatabase(), { acceptsSparse: true })
  })
  afterAll(() => world.close())
  beforeEach(() => begin(world))

  test('keeps the index as it is, without the images of the others', async () => {
    const [one, two] = [imageFor(amd64, 'sparse one'), imageFor(arm, 'sparse two')]
    for (const { manifest, blobs } of [one, two]) upstream.put(manifest, blobs)
    const index = upstream.put(indexOf([one, two]), [], 'v1')
    const filtered = request('v1', { platforms: ['amd64'] })
    await world.copier.copyTag(filtered)
    expect(await world.tagged(repositoryId, 'v1')).toBe(index.digest)
    expect(await world.has(repositoryId, one.manifest)).toBe(true)
    expect(await world.has(repositoryId, two.manifest)).toBe(false)
    upstream.asked.length = 0
    expect(await world.copier.copyTag(filtered)).toMatchObject({ changed: false })
    expect(upstream.asked).toEqual(['HEAD v1'])

    const wider = await world.copier.copyTag(request('v1'))
    expect(wider).toMatchObject({ changed: true, blobsFetched: 2 })
    expect(await world.has(repositoryId, two.manifest)).toBe(true)
    expect(moved).toHaveLength(1)
  })

  test('skips a single image of another one', async () => {
    const { manifest, blobs } = imageFor(arm, 'single')
    upstream.put(manifest, blobs, 'v1')
    const skipped = await world.copier.copyTag(request('v1', { platforms: ['amd64'] }))
    expect(skipped).toMatchObject({ skipped: true, changed: false })
    expect(await world.tagged(repositoryId, 'v1')).toBeUndefined()
    const copied = await world.copier.copyTag(request('v1', { platforms: ['linux/arm'] }))
    expect(copied).toMatchObject({ skipped: false, changed: true })
  })
})
