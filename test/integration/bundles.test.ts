import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import type { BundleClient, BundleJobAnswer } from '../support/bundle-client.ts'
import { digestOn, startBundleSites, type BundleSites } from '../support/bundle-sites.ts'
import { tryProgram } from '../support/cli.ts'
import { createArtifact, createImage, createOpaqueImage } from '../support/content.ts'
import { createMinisignKey } from '../support/minisign-key.ts'
import type { TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const folder = createTemporaryFolder('bundles')
const carried = folder.join('carried')
const place = (name: string) => join(carried, name)
const mooring = join(projectRoot, 'server/bin/mooring.js')
const stockOnly = { selection: { repositories: [{ name: 'quay/stock' }] } }
let sites: BundleSites
let source: TestServer
let target: TestServer
let targetApi: ApiClient
let out: BundleClient
let into: BundleClient
let stock: Stock

const program = (...args: string[]) =>
  tryProgram(process.execPath, [mooring, 'bundle', ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
  })
const firstRow = ({ result }: BundleJobAnswer) =>
  result?.kind === 'import' ? result.changes.rows[0] : undefined
const tagsOf = async (repository: string) =>
  (await targetApi.get(`/api/v1/repository/${repository}/tag/?onlyActiveTags=true`)) as {
    tags: { name: string; manifest_digest: string }[]
  }

beforeAll(async () => {
  sites = await startBundleSites(carried, {
    FEATURE_SPARSE_INDEX: true,
    FEATURE_IMMUTABLE_TAGS: true,
    FEATURE_REPO_MIRROR: true,
  })
  ;({ source, target, targetApi, out, into } = sites)
  stock = await stockRegistry(source.client(), 'quay/stock', { largeBytes: 500_000 })
})
afterAll(async () => {
  await sites[Symbol.asyncDispose]()
  await folder.remove()
})

describe('a bundle between two registries', () => {
  it('is planned in numbers, and nothing is written', async () => {
    const plan = await out.plan({ selection: { repositories: [{ name: 'quay/*' }] } })
    expect(plan).toMatchObject({
      ...{ images: 4, repositories: 1, referrers: 1, is_sparse: false, problems: [] },
      base: { kind: 'none', id: null },
      present_bytes: 0,
    })
    expect(plan.carry_bytes).toBeGreaterThan(500_000)
    expect(plan.carry_bytes).toBe(plan.total_bytes)
    expect(plan).toMatchObject({ new_blobs: plan.blobs, new_bytes: plan.total_bytes })
    expect(await readdir(carried)).toEqual([])
  })

  it('is refused by a registry that does not know its key, and changes nothing', async () => {
    const made = await out.export({ ...stockOnly, to: 'first', stream: 'site' })
    expect(made.progress).toMatchObject({ state: 'done', errors: [] })
    const seen = await into.inspect({ source: { path: 'first' } })
    expect(seen.signature.state).toBe('unknown-key')
    expect(seen.refusals.map(({ code }) => code)).toEqual(['MOOR-BND-006'])
    const refused = await into.import({ source: { path: 'first' } })
    expect(refused).toMatchObject({
      progress: { state: 'failed' },
      error: { code: 'MOOR-BND-006' },
    })
    expect(await targetApi.get('/api/v1/repository?namespace=quay')).toMatchObject({
      repositories: [],
    })
  })

  it('is refused when a bit of it was turned, naming the file', async () => {
    const { own } = await out.trusted()
    await into.trust('the source', own.public_key)
    await cp(place('first'), place('turned'), { recursive: true })
    const blobs = join(place('turned'), 'blobs/sha256')
    const [large = ''] = stock.blobs.filter((digest) => digest.startsWith('sha256:'))
    const file = join(blobs, large.slice('sha256:'.length))
    const bytes = await readFile(file)
    bytes[0] = (bytes[0] ?? 0) ^ 1
    await writeFile(file, bytes)
    const refused = await into.import({ source: { path: 'turned' } })
    expect(refused.error).toMatchObject({
      code: 'MOOR-BND-014',
      file: `blobs/sha256/${large.slice('sha256:'.length)}`,
    })
    expect(await targetApi.get('/api/v1/repository?namespace=quay')).toMatchObject({
      repositories: [],
    })
    const checked = await into.verify({ source: { path: 'turned' } })
    expect(checked.result).toMatchObject({ kind: 'verify', is_sound: false })
  })

  it('comes in with the same digests once the key is trusted', async () => {
    const seen = await into.inspect({ source: { path: 'first' } })
    expect(seen).toMatchObject({
      ...{ refusals: [], missing: 0, seen: 'never', signature: { state: 'trusted' } },
      changes: { repositories_new: ['quay/stock'], tags: { new: 4, moved: 0, kept: 0 } },
    })
    const done = await into.import({ source: { path: 'first' } })
    expect(done.error).toBeNull()
    expect(done).toMatchObject({ progress: { state: 'done' }, result: { missing: 0 } })
    await requireStock(target.client(), stock)
  })

  it('may come again, and changes nothing then', async () => {
    const again = await into.import({ source: { path: 'first' } })
    expect(again.result).toMatchObject({
      changes: { tags: { new: 0, moved: 0, unchanged: 4 }, blobs_new: 0 },
    })
  })

  it('carries after a receipt only what is new: the signature of an old image', async () => {
    const { own } = await into.trusted()
    await out.trust('the site', own.public_key)
    const receipt = await into.receipt()
    await out.addReceipt({ document: receipt.document ?? '' })
    const signature = createArtifact({
      artifactType: 'application/vnd.example.late',
      subject: { ...createImage().manifest, digest: stock.subject, bytes: Buffer.alloc(10) },
    })
    await source.client().pushImage('quay/stock', signature.manifest.digest, signature)
    const next = createOpaqueImage('quay/stock', [500_000, 40_000])
    await source.client().pushImage('quay/stock', 'large', next)
    const options = { ...stockOnly, base: { kind: 'receipt' }, stream: 'site' }
    const plan = await out.plan(options)
    expect(plan.carry_bytes).toBeLessThan(40_000 + 64_000)
    await out.export({ ...options, to: 'second' })
    const done = await into.import({ source: { path: 'second' } })
    expect(done.result).toMatchObject({ changes: { tags: { moved: 1 } }, missing: 0, warnings: [] })
    expect(await digestOn(target, 'quay/stock', 'large')).toBe(next.manifest.digest)
    const referrers = await target.client().listReferrers('quay/stock', stock.subject)
    expect(referrers.map(({ digest }) => digest)).toContain(signature.manifest.digest)
  })

  it('moves no tag back unless that is allowed', async () => {
    const before = (await tagsOf('quay/stock')).tags
    const kept = await into.import({ source: { path: 'first' } })
    expect(kept.result).toMatchObject({
      changes: { tags: { kept: 1, moved: 0 } },
      warnings: [{ code: 'sequence-older' }],
    })
    expect(firstRow(kept)).toMatchObject({ tag: 'large', reason: 'rollback' })
    expect((await tagsOf('quay/stock')).tags).toEqual(before)
    const moved = await into.import({ source: { path: 'first' }, allow_rollback: true })
    expect(moved.result).toMatchObject({ changes: { tags: { moved: 1 } } })
    const old = stock.manifests.find(({ reference }) => reference === 'large')?.digest
    expect(await digestOn(target, 'quay/stock', 'large')).toBe(old)
  })

  it('goes where a rule says, and leaves read-only repositories and immutable tags alone', async () => {
    const map = ['[^/]+/quay/(.*)=mirror/deep/$1']
    const done = await into.import({ source: { path: 'first' }, map })
    expect(done.result).toMatchObject({
      changes: { organizations_new: ['mirror'], repositories_new: ['mirror/deep/stock'] },
    })
    await requireStock(target.client(), { ...stock, repository: 'mirror/deep/stock' })
    const repository = '/api/v1/repository/mirror/deep/stock'
    await targetApi.put(`${repository}/tag/large`, { immutable: true }, 201)
    const second = await into.import({ source: { path: 'second' }, map })
    expect(firstRow(second)).toMatchObject({ tag: 'large', what: 'kept', reason: 'immutable' })
    await targetApi.put(`${repository}/changestate`, { state: 'READ_ONLY' })
    const third = await into.inspect({ source: { path: 'second' }, map })
    expect(third.changes?.rows.every(({ reason }) => reason === 'read-only')).toBe(true)
    const files = await into.clients(map)
    expect(files.map(({ client }) => client)).toContain('podman')
  })

  it('is written in volumes, of which any order and the wait for the last are good', async () => {
    const image = createOpaqueImage('volumes', [300_000, 300_001, 300_002])
    await source.client().pushImage('quay/split', 'v1', image)
    const selection = { repositories: [{ name: 'quay/split' }] }
    const made = await out.export({ selection, to: 'split', volume_size: '400000' })
    expect(made.result).toMatchObject({ volumes: [{ n: 1 }, { n: 2 }, { n: 3 }] })
    await mkdir(place('arriving'))
    await cp(place('split/vol-003'), place('arriving/vol-003'), { recursive: true })
    const waiting = await into.import({ source: { path: 'arriving' }, wait_for_volumes: true })
    expect(waiting).toMatchObject({ progress: { state: 'waiting' }, waiting_for: [1, 2] })
    for (const name of ['vol-001', 'vol-002']) {
      await cp(place(`split/${name}`), place(`arriving/${name}`), { recursive: true })
    }
    await into.resume(waiting.id)
    expect((await into.rested(waiting.id)).progress.state).toBe('done')
    expect(await digestOn(target, 'quay/split', 'v1')).toBe(image.manifest.digest)
  })

  it('asks for a base that is not there, and the repair brings the images', async () => {
    const image = createOpaqueImage('based', [30_000])
    await source.client().pushImage('quay/based', 'v1', image)
    const based = { selection: { repositories: [{ name: 'quay/based' }] } }
    const first = await out.export({ ...based, to: 'based-1' })
    const next = createOpaqueImage('based', [30_000, 5_000])
    await source.client().pushImage('quay/based', 'v2', next)
    const base = { kind: 'bundle', id: first.bundle_id }
    await out.export({ ...based, base, to: 'based-2' })
    const lacking = await into.import({ source: { path: 'based-2' } })
    expect(lacking).toMatchObject({ progress: { state: 'done' }, result: { missing: 1 } })
    const repositories = await targetApi.get('/api/v1/repository?namespace=quay')
    expect(JSON.stringify(repositories)).not.toContain('"based"')
    const request = await into.request(lacking.bundle_id ?? '')
    const repair = await out.export({ selection: { request }, to: 'repair' })
    expect(repair.error).toBeNull()
    const done = await into.import({ source: { path: 'repair' } })
    expect(done.result).toMatchObject({ missing: 0, changes: { tags: { new: 2 } } })
    expect(await digestOn(target, 'quay/based', 'v2')).toBe(next.manifest.digest)
    expect(await into.requests()).toEqual([])
  })

  it('leaves out platforms, and says so', async () => {
    const options = {
      selection: { repositories: [{ name: 'quay/stock', tags: ['many'] }] },
      platforms: ['linux/arm64'],
    }
    const plan = await out.plan(options)
    expect(plan).toMatchObject({ images: 1, is_sparse: true })
    await out.export({ ...options, to: 'sparse' })
    const map = ['[^/]+/quay/stock=sparse/stock']
    const done = await into.import({ source: { path: 'sparse' }, map })
    expect(done.error).toBeNull()
    const many = stock.manifests.find(({ reference }) => reference === 'many')?.digest
    expect(await digestOn(target, 'sparse/stock', 'many')).toBe(many)
  })

  it('is sent through a browser in pieces', async () => {
    const made = await out.export({ ...stockOnly, to: 'tarred', format: 'tar' })
    const [volume] = made.result?.kind === 'export' ? made.result.volumes : []
    const tar = await readFile(join(place('tarred'), volume?.name ?? ''))
    const { id } = await into.startUpload()
    const half = Math.floor(tar.length / 2)
    await into.send(id, volume?.name ?? '', tar.subarray(0, half), 0, tar.length)
    const early = await into.inspectAnyhow({ source: { upload_id: id } })
    expect(early.status).toBe(400)
    await into.send(id, volume?.name ?? '', tar.subarray(half), half, tar.length)
    const seen = await into.inspect({ source: { upload_id: id } })
    expect(seen).toMatchObject({ refusals: [], volumes: [{ state: 'present' }] })
    await targetApi.delete(`/api/v1/mooring/bundles/uploads/${id}`)
  })

  it('lies only where bundles may lie', async () => {
    await symlink('/etc', place('link'))
    for (const path of ['/etc', '../..', 'link/ssl', `${carried}/../x`]) {
      expect(await into.inspectAnyhow({ source: { path } })).toMatchObject({ status: 400 })
      const refused = await out.inspectAnyhow({ source: { path } })
      expect(refused.text()).toContain('MOORING_BUNDLE_PATHS')
    }
    await rm(place('link'))
  })

  it('stands in a ledger that nothing changes', async () => {
    const entries = await into.ledger()
    expect(entries.map(({ outcome }) => outcome)).toContain('incomplete')
    expect(entries.every(({ direction }) => direction === 'in')).toBe(true)
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, at) => entries.length - at))
    expect((await out.ledger())[0]).toMatchObject({ direction: 'out', by: 'quay' })
  })
})

describe('bundles and bad days', () => {
  it('are written to the end after the server was killed', async () => {
    const image = createOpaqueImage('killed', [2_000_000, 2_000_000, 2_000_000])
    await source.client().pushImage('quay/killed', 'v1', image)
    const { id } = await out.begin('exports', {
      selection: { repositories: [{ name: 'quay/killed' }] },
      ...{ to: 'killed', rate: '2MB/s', verify: false },
    })
    await until('some of it to be written', async () => {
      const { progress } = await out.job(id)
      return progress.phase === 'writing' && progress.done > 1_000_000 ? true : undefined
    })
    await source.kill9()
    await source.restart()
    expect(await out.rested(id)).toMatchObject({ progress: { state: 'done' }, error: null })
    expect((await out.verify({ source: { path: 'killed' } })).result).toMatchObject({
      is_sound: true,
    })
  })

  it('come in after the server was killed, wherever that was', async () => {
    const map = (name: string) => [`[^/]+/quay/killed=killed/${name}`]
    for (const name of ['one', 'two']) {
      const { id } = await into.begin('imports', { source: { path: 'killed' }, map: map(name) })
      await target.kill9()
      await target.restart()
      expect(await into.rested(id)).toMatchObject({ progress: { state: 'done' }, error: null })
      expect(await digestOn(target, `killed/${name}`, 'v1')).toBeDefined()
    }
  })

  it('are refused when another bundle of the same id was here', async () => {
    const key = createMinisignKey()
    await into.trust('somebody else', key.text)
    await cp(place('first'), place('replayed'), { recursive: true })
    const manifest = join(place('replayed'), 'mooring/manifest.json')
    const text = await readFile(manifest, 'utf8')
    const { id } = JSON.parse(text) as { id: string }
    const changed = Buffer.from(
      text.replace(/"created":"[^"]+"/, '"created":"2001-01-01T00:00:00.000Z"'),
    )
    await writeFile(manifest, changed)
    await writeFile(`${manifest}.minisig`, key.sign(changed, id))
    const seen = await into.inspect({ source: { path: 'replayed' } })
    expect(seen).toMatchObject({ seen: 'other', refusals: [{ code: 'MOOR-BND-023' }] })
    const refused = await into.import({ source: { path: 'replayed' }, allow_rollback: true })
    expect(refused).toMatchObject({
      progress: { state: 'failed' },
      error: { code: 'MOOR-BND-023' },
    })
    expect((await into.ledger())[0]).toMatchObject({ outcome: 'refused', bundle_id: id })
  })

  it('are paused and cancelled, and nothing of them shows', async () => {
    const { id } = await out.begin('exports', {
      selection: { repositories: [{ name: 'quay/killed' }] },
      ...{ to: 'paused', rate: '1MB/s' },
    })
    await out.change(id, 'pause')
    expect((await out.rested(id)).progress.state).toBe('paused')
    await out.change(id, 'cancel')
    expect((await out.rested(id)).progress.state).toBe('cancelled')
    const bundles = await out.bundles()
    expect(bundles.filter(({ job_id }) => job_id === id)).toEqual([])
  })
})

describe('the command for bundles', () => {
  it('plans, writes, checks and brings in', async () => {
    const plan = JSON.parse(
      await source.mooring(['bundle', 'plan', 'quay/stock:small'], ['--json']),
    ) as { images: number }
    expect(plan.images).toBe(1)
    const to = folder.join('by-command')
    await source.mooring(['bundle', 'create', 'quay/stock:small'], ['--to', to])
    const { own } = JSON.parse(await source.mooring(['bundle', 'trust', 'list'], ['--json'])) as {
      own: { publicKey: string }
    }
    const key = own.publicKey.split('\n')[1] ?? ''
    expect((await program('verify', to, '--key', key)).code).toBe(0)
    expect((await program('inspect', to)).stdout).toContain('/quay/stock:small')
    const map = '[^/]+/quay/(.*)=typed/$1'
    const told = await target.mooring(['bundle', 'import', to], ['--map', map])
    expect(told).toContain('1 new')
    const small = stock.manifests.find(({ reference }) => reference === 'small')?.digest
    expect(await digestOn(target, 'typed/stock', 'small')).toBe(small)
    expect(await target.mooring(['bundle', 'log'])).toContain('command line')
  })

  it('splits and joins a bundle without its signature changing', async () => {
    const key = (await out.trusted()).own.public_key.split('\n')[1] ?? ''
    const split = folder.join('resplit')
    const joined = folder.join('joined')
    const first = await program('resplit', place('first'), '--volume-size', '400000', '--to', split)
    expect(first).toMatchObject({ code: 0 })
    const volumes = (await readdir(split)).map((name) => join(split, name))
    expect(volumes.length).toBeGreaterThan(1)
    expect((await program('join', ...volumes, '--to', joined)).code).toBe(0)
    expect((await program('verify', joined, '--key', key)).code).toBe(0)
    const diff = await program('diff', place('first'), joined, '--json')
    expect(JSON.parse(diff.stdout)).toMatchObject({ added: [], removed: [], changed: [] })
  })

  it('says with its exit code that a bundle is damaged, or does not fit', async () => {
    expect(await program('verify', place('turned'))).toMatchObject({ code: 1 })
    expect((await program('verify', folder.join('nothing'))).stderr).toContain('MOOR-BND-')
  })
})
