import { readdirSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
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
} from '../support/content.ts'
import { createMinisignKey } from '../support/minisign-key.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('acceptance')
const carried = folder.join('carried')
const quotaBytes = 12_000_000
const place = (...names: string[]) => join(carried, ...names)
let source: TestServer
let target: TestServer
let near: RegistryClient
let far: RegistryClient
let farApi: ApiClient
let out: BundleClient
let into: BundleClient

beforeAll(async () => {
  await mkdir(carried)
  const settings = { SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [carried] }
  const quota = {
    FEATURE_QUOTA_MANAGEMENT: true,
    DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: quotaBytes,
  }
  const env = (more = {}) => ({ QUAY_OVERRIDE_CONFIG: JSON.stringify({ ...settings, ...more }) })
  ;[source, target] = await Promise.all([
    startTestServer({ env: env() }),
    startTestServer({ env: env(quota) }),
  ])
  near = source.client()
  far = target.client()
  farApi = await target.signedIn()
  out = bundleClient(await source.signedIn())
  into = bundleClient(farApi)
  await into.trust('the source', (await out.trusted()).own.public_key)
})
afterAll(async () => {
  await source.stop()
  await target.stop()
  await folder.remove()
})

const only = (name: string) => ({ selection: { repositories: [{ name }] } })
const fileOf = (digest: string) => `blobs/${digest.replace(':', '/')}`

async function written(name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const made = await out.export({ ...body, to: name })
  expect(made.error).toBeNull()
}

/** Whatever was tried: nobody who looks at the registry can tell. */
async function expectUnchanged(work: () => Promise<void>): Promise<void> {
  const look = async () => [
    await farApi.get('/api/v1/repository?namespace=quay'),
    (await into.receipt()).id,
  ]
  const before = await look()
  await work()
  expect(await look()).toEqual(before)
}

/** Everything that a registry can hold, under names that differ in their case only as well. */
async function pushEverything(
  repository: string,
): Promise<readonly (readonly [string, Content])[]> {
  const plain = createOpaqueImage('plain', [70_000, 0])
  const docker = createImage({ format: 'docker' })
  const amd = createImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const arm = createImage({ platform: { os: 'linux', architecture: 'arm64' } })
  const inner = createIndex([
    { manifest: amd.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    { manifest: arm.manifest, platform: { os: 'linux', architecture: 'arm64' } },
  ])
  const long = randomBytesOf('long', 40_000)
  const wide = { ...createContent(long), digest: digestOf(long, 'sha512') }
  const artifact = createArtifact({ artifactType: 'application/vnd.example.thing', layers: [wide] })
  const statement = createArtifact({
    artifactType: 'application/vnd.example.statement',
    subject: plain.manifest,
  })
  const signature = createArtifact({
    artifactType: 'application/vnd.example.signature',
    subject: statement.manifest,
  })
  const beside = createArtifact({ artifactType: 'application/vnd.example.beside' })
  const tagged: [string, Content][] = [
    ['plain', plain.manifest],
    ['Plain', docker.manifest],
    ['thing', artifact.manifest],
    [`${plain.manifest.digest.replace(':', '-')}.sig`, beside.manifest],
  ]
  for (const image of [plain, docker, amd, arm, artifact, beside, statement, signature]) {
    await near.pushImage(repository, image.manifest.digest, image)
  }
  for (const [tag, manifest] of tagged) await near.putManifest(repository, tag, manifest)
  await near.putManifest(repository, inner.digest, inner)
  const outer = createIndex([{ manifest: inner }])
  await near.putManifest(repository, 'nested', outer)
  const untagged = [inner, amd.manifest, arm.manifest, statement.manifest, signature.manifest]
  return [
    ...tagged,
    ['nested', outer],
    ...untagged.map((manifest): [string, Content] => [manifest.digest, manifest]),
  ]
}

it('carries whatever a registry holds, and both sides have the same then', async () => {
  const manifests = await pushEverything('quay/everything')
  await written('everything', only('quay/everything'))
  const done = await into.import({ source: { path: 'everything' } })
  expect(done.error).toBeNull()
  for (const [reference, { bytes, mediaType }] of manifests) {
    const answer = await far.getManifest('quay/everything', reference)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body.equals(bytes)).toBe(true)
    expect(answer.header('content-type')).toBe(mediaType)
  }
  // The id of a receipt is the digest of all digests that are there.
  const [here, there] = [await out.receipt(), await into.receipt()]
  expect({ id: there.id, blobs: there.blobs }).toEqual({ id: here.id, blobs: here.blobs })
  const tags = async (client: RegistryClient) => (await client.listTags('quay/everything')).json()
  expect(await tags(far)).toEqual(await tags(near))
  // A stick's file system may not tell A from a.
  const names = readdirSync(place('everything'), { recursive: true }).map(String)
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
})

describe('three volumes', () => {
  const volumes = ['vol-001', 'vol-002', 'vol-003'] as const
  const sizes = [300_000, 300_001, 300_002]
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const

  async function split(name: string): Promise<Image> {
    const image = createOpaqueImage(name, sizes)
    await near.pushImage(`quay/${name}`, 'v1', image)
    await written(name, { ...only(`quay/${name}`), volume_size: '400000' })
    expect((await readdir(place(name))).sort()).toEqual(volumes)
    return image
  }
  const arrives = (name: string, volume: string) =>
    cp(place(name, volume), place(`${name}-arriving`, volume), { recursive: true })

  it.each(orders)('come in as they arrive: %i, %i, %i', async (...order) => {
    const name = `order-${order.join('')}`
    const image = await split(name)
    const path = `${name}-arriving`
    const [first, ...others] = order
    await arrives(name, volumes[first])
    const { id } = await into.import({ source: { path }, wait_for_volumes: true })
    const left = new Set(volumes.map((_, at) => at + 1))
    left.delete(first + 1)
    for (const at of others) {
      expect((await into.job(id)).waiting_for).toEqual([...left])
      const tagged = await far.getManifest(`quay/${name}`, 'v1')
      expect(tagged.status).toBe(404)
      await arrives(name, volumes[at])
      await into.resume(id)
      await into.rested(id)
      left.delete(at + 1)
    }
    expect(await into.job(id)).toMatchObject({ progress: { state: 'done' }, error: null })
    const pulled = await far.getManifest(`quay/${name}`, 'v1')
    expect(pulled.body.equals(image.manifest.bytes)).toBe(true)
    for (const { digest } of image.blobs) {
      expect((await far.pullBlob(`quay/${name}`, digest)).digest).toBe(digest)
    }
  })

  it('are asked for by number when one is missing, and by name when a bit has turned', async () => {
    const image = await split('faulty')
    const missing = place('faulty-vol-002')
    await rename(place('faulty/vol-002'), missing)
    await expectUnchanged(async () => {
      const refused = await into.import({ source: { path: 'faulty' } })
      expect(refused.error).toMatchObject({ code: 'MOOR-BND-012', volume: 2 })
      expect((await into.verify({ source: { path: 'faulty' } })).result).toMatchObject({
        ...{ kind: 'verify', is_sound: false },
      })
    })
    await rename(missing, place('faulty/vol-002'))

    const names = await readdir(place('faulty/vol-002/blobs/sha256'))
    const large = image.blobs.find(
      ({ digest, bytes }) => bytes.length > 1_000 && names.includes(digest.split(':')[1] ?? ''),
    )
    const file = fileOf(large?.digest ?? '')
    const sound = await readFile(place('faulty/vol-002', file))
    const turned = Buffer.from(sound)
    turned.writeUInt8(turned.readUInt8(123_456) ^ 0x10, 123_456)
    await writeFile(place('faulty/vol-002', file), turned)
    const tags = await farApi.get('/api/v1/repository?namespace=quay')
    const refused = await into.import({ source: { path: 'faulty' } })
    expect(refused.error).toMatchObject({ code: 'MOOR-BND-014', volume: 2, file })
    expect(await farApi.get('/api/v1/repository?namespace=quay')).toEqual(tags)

    await writeFile(place('faulty/vol-002', file), sound)
    expect((await into.import({ source: { path: 'faulty' } })).error).toBeNull()
    expect((await far.getManifest('quay/faulty', 'v1')).status).toBe(200)
  })
})

it('carries for a changed layer no more than it and a little', async () => {
  const layers = [400_000, 300_000]
  await near.pushImage('quay/grown', 'v1', createOpaqueImage('grown', layers))
  const first = await out.export({ ...only('quay/grown'), to: 'grown-1' })
  await into.import({ source: { path: 'grown-1' } })
  await near.pushImage('quay/grown', 'v1', createOpaqueImage('grown', [...layers, 50_000]))
  const base = { kind: 'bundle', id: first.bundle_id }
  const second = await out.export({ ...only('quay/grown'), base, to: 'grown-2' })
  expect(second.result).toMatchObject({ kind: 'export' })
  const [volume] = second.result?.kind === 'export' ? second.result.volumes : []
  expect(volume?.bytes).toBeLessThan(50_000 + 64 * 1024)
  const done = await into.import({ source: { path: 'grown-2' } })
  expect(done.result).toMatchObject({ missing: 0, changes: { tags: { moved: 1 } } })
})

it('leaves out, and names, what the target has no room or no name for', async () => {
  // One would fit without the other: an organization takes all that is meant for it, or nothing.
  for (const tag of ['v1', 'v2']) {
    await near.pushImage('quay/heavy', tag, createOpaqueImage(tag, [0.6 * quotaBytes]))
  }
  await near.pushImage('quay/light', 'v1', createOpaqueImage('light', [1_000]))
  const names = ['quay/heavy', 'quay/light'].map((name) => ({ name }))
  await written('weighed', { selection: { repositories: names } })
  const map = ['[^/]+/quay/heavy(.*)=weighed/heavy$1', '[^/]+/quay/light(.*)=-a/light$1']
  const body = { source: { path: 'weighed' }, map }
  const seen = await into.inspect(body)
  const done = await into.import(body)
  expect(done.error).toBeNull()
  for (const changes of [
    seen.changes,
    done.result?.kind === 'import' ? done.result.changes : null,
  ]) {
    expect(changes).toMatchObject({ tags: { new: 0, moved: 0, kept: 3 } })
    expect(changes?.rows.map(({ what, reason }) => `${what} ${reason ?? ''}`).sort()).toEqual([
      ...['kept name', 'kept quota', 'kept quota'],
    ])
  }
  // Nor is the organization made for nothing.
  expect((await far.getManifest('weighed/heavy', 'v1')).status).toBe(401)
})

describe('a bundle that somebody touched', () => {
  const manifest = 'mooring/manifest.json'
  const signature = `${manifest}.minisig`

  beforeAll(async () => {
    await near.pushImage('quay/touched', 'v1', createOpaqueImage('touched', [10_000]))
    await near.pushImage('quay/other', 'v1', createOpaqueImage('other', [10_000]))
    await written('touched', only('quay/touched'))
    await written('other', only('quay/other'))
    const tar = { ...only('quay/touched'), format: 'tar' }
    await written('touched-tar', tar)
  })

  const aBlob = async (bundle: string) => {
    const [hex = ''] = await readdir(join(bundle, 'blobs/sha256'))
    return join(bundle, 'blobs/sha256', hex)
  }
  const touches: readonly [string, string, (bundle: string) => Promise<unknown>][] = [
    ['its signature is gone', 'MOOR-BND-004', (bundle) => rm(join(bundle, signature))],
    [
      'another bundle signed it',
      'MOOR-BND-005',
      (bundle) => cp(place('other', signature), join(bundle, signature)),
    ],
    [
      'a stranger signed it',
      'MOOR-BND-006',
      async (bundle) => {
        const text = await readFile(join(bundle, manifest))
        const { id } = JSON.parse(text.toString()) as { id: string }
        await writeFile(join(bundle, signature), createMinisignKey().sign(text, id))
      },
    ],
    [
      'a list is that of another bundle',
      'MOOR-BND-009',
      (bundle) => cp(place('other/mooring/entries.jsonl'), join(bundle, 'mooring/entries.jsonl')),
    ],
    [
      'its index is that of another bundle',
      'MOOR-BND-009',
      (bundle) => cp(place('other/index.json'), join(bundle, 'index.json')),
    ],
    ['a file is not listed', 'MOOR-BND-016', (bundle) => writeFile(join(bundle, 'run.sh'), 'x')],
    [
      'a name clashes with another',
      'MOOR-BND-018',
      (bundle) => writeFile(join(bundle, 'INDEX.json'), '{}'),
    ],
    [
      'a link leads out of it',
      'MOOR-BND-017',
      async (bundle) => {
        const blob = await aBlob(bundle)
        await rm(blob)
        await symlink('/etc/hostname', blob)
      },
    ],
    [
      'a file is cut off',
      'MOOR-BND-015',
      async (bundle) => {
        const blob = await aBlob(bundle)
        await writeFile(blob, (await readFile(blob)).subarray(1))
      },
    ],
  ]

  it.each(touches)('is refused when %s, and nothing changes', async (what, code, touch) => {
    const name = what.replaceAll(' ', '-')
    await cp(place('touched'), place(name), { recursive: true })
    await touch(place(name))
    await expectUnchanged(async () => {
      const refused = await into.import({ source: { path: name }, allow_rollback: true })
      expect(refused).toMatchObject({ progress: { state: 'failed' }, error: { code } })
    })
  })

  it('is refused as a tar whose name leads out of it', async () => {
    const [name = ''] = await readdir(place('touched-tar'))
    const bytes = await readFile(place('touched-tar', name))
    const at = bytes.indexOf('README.txt')
    const header = bytes.subarray(at, at + 512)
    header.write('../../x.sh', 0, 'latin1')
    header.fill(' ', 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    await writeFile(place('touched-tar', name), bytes)
    await expectUnchanged(async () => {
      const refused = await into.import({ source: { path: 'touched-tar' } })
      expect(refused.error).toMatchObject({ code: 'MOOR-BND-018' })
    })
  })
})
