import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { createMinisignKey } from '../support/minisign-key.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { watchUpstream } from '../support/watched-upstream.ts'

const folder = createTemporaryFolder('bundle-upstreams')
const carried = folder.join('carried')
const mooring = join(projectRoot, 'server/bin/mooring.js')
const config = JSON.stringify({
  SUPER_USERS: ['quay'],
  MOORING_BUNDLE_PATHS: [carried],
  FEATURE_SPARSE_INDEX: true,
  SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
})
let peer: PeerRegistry
let server: TestServer
let api: ApiClient
let bundles: BundleClient
let stock: Stock
let large: string
let signatureTag: string
let signature: string

const connection = '/api/v1/mooring/mirrors/connection'
const upstreams = () => [
  {
    ...{ host: peer.host, username: peer.username, password: peer.password },
    verify_tls: false,
  },
]
const listOf = (...images: string[]) => ({
  selection: { list: images.map((image) => `${peer.host}/${image}`).join('\n') },
})
const program = (...args: string[]) =>
  tryProgram(process.execPath, [mooring, 'bundle', ...args], {
    env: { PATH: process.env['PATH'] ?? '', QUAY_OVERRIDE_CONFIG: config },
  })
const digestOn = async (repository: string, tag: string) =>
  (await server.client().getManifest(repository, tag)).header('docker-content-digest')

beforeAll(async () => {
  await mkdir(carried)
  peer = await startPeerRegistry()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: config,
    },
  })
  api = await server.signedIn()
  bundles = bundleClient(api)
  stock = await stockRegistry(peer.client(), 'far/stock', { largeBytes: 300_000 })
  const image = createOpaqueImage('large', [2_000_000, 2_000_000])
  await peer.client().pushImage('far/large', 'v1', image)
  large = image.manifest.digest
  signatureTag = `${large.replace(':', '-')}.sig`
  const signed = createOpaqueImage('signature', [100])
  await peer.client().pushImage('far/large', signatureTag, signed)
  signature = signed.manifest.digest
})
afterAll(async () => {
  await server.stop()
  await peer.stop()
  await folder.remove()
})

describe('a bundle of images of another registry', () => {
  it('is planned without anything being fetched', async () => {
    const plan = await bundles.plan({ ...listOf('far/large:v1'), upstreams: upstreams() })
    // The signature is a tag of cosign, which no list names.
    expect(plan).toMatchObject({ images: 1, repositories: 1, referrers: 1, problems: [] })
    expect(plan.biggest.map(({ reference }) => reference)).toEqual([
      `${peer.host}/far/large:v1`,
      `${peer.host}/far/large:${signatureTag}`,
    ])
    expect(plan.carry_bytes).toBeGreaterThan(4_000_000)
    const without = await bundles.plan({
      ...{ ...listOf('far/large:v1'), upstreams: upstreams(), referrers: false },
    })
    expect(without).toMatchObject({ images: 1, referrers: 0, blobs: plan.blobs - 3 })
    expect(await api.get('/api/v1/superuser/organizations/')).not.toMatchObject({
      organizations: expect.arrayContaining([{ name: 'bundle-upstreams' }]) as unknown,
    })
  })

  it('names each image that cannot be had, with the reason', async () => {
    const plan = await bundles.plan({
      ...listOf('far/large:v1', 'far/large:v9', 'far/nothing:v1'),
      upstreams: upstreams(),
    })
    expect(plan.problems.map(({ reference }) => reference)).toEqual([
      `${peer.host}/far/large:v9`,
      `${peer.host}/far/nothing:v1`,
    ])
    const failed = await bundles.export({
      ...listOf('far/large:v1', 'far/large:v9'),
      ...{ upstreams: upstreams(), to: 'incomplete' },
    })
    expect(failed.error).toMatchObject({ code: 'MOOR-BND-036' })
    expect(failed.error?.message).toContain(`${peer.host}/far/large:v9: There is no tag v9.`)
    const refused = await bundles
      .plan({
        ...{ selection: { list: `${peer.host}/far/large:v1\nquay/any:v1` } },
        upstreams: [{ ...upstreams()[0], password: 'wrong' }],
      })
      .catch((error: unknown) => String(error))
    expect(refused).toContain('Check the user name and the password')
  })

  it('comes in with the same digests, signatures and platforms included', async () => {
    const made = await bundles.export({
      ...listOf('far/stock:*', 'far/large:v1'),
      ...{ upstreams: upstreams(), to: 'whole' },
    })
    expect(made.error).toBeNull()
    const done = await bundles.import({
      ...{ source: { path: 'whole' }, map: ['[^/]+/far/(.*)=near/$1'] },
    })
    expect(done.error).toBeNull()
    // For what clients are told when it is done.
    expect(done.result).toMatchObject({ map: ['[^/]+/far/(.*)=near/$1'] })
    const tagged = stock.manifests.filter(({ reference }) => !reference.includes(':'))
    for (const { reference, digest } of tagged) {
      expect(await digestOn('near/stock', reference)).toBe(digest)
    }
    expect(await digestOn('near/large', 'v1')).toBe(large)
    expect(await digestOn('near/large', signatureTag)).toBe(signature)
  })

  it('keeps no password: not in its job, nor in the database, nor in the log', async () => {
    const { jobs } = (await api.get('/api/v1/mooring/jobs')) as { jobs: unknown[] }
    expect(JSON.stringify(jobs)).not.toContain(peer.password)
    for (const name of await readdir(server.dataDir, { recursive: true })) {
      const file = join(server.dataDir, name)
      if (!(await stat(file)).isFile()) continue
      expect((await readFile(file)).includes(peer.password), name).toBe(false)
    }
    expect(server.output()).not.toContain(peer.password)
  })

  it('takes only some platforms along', async () => {
    const options = {
      ...listOf('far/stock:many'),
      ...{ upstreams: upstreams(), platforms: ['linux/arm64'] },
    }
    expect(await bundles.plan(options)).toMatchObject({ images: 1, is_sparse: true })
    const made = await bundles.export({ ...options, to: 'sparse' })
    expect(made.error).toBeNull()
    const map = ['[^/]+/far/stock=sparse/stock']
    expect((await bundles.import({ source: { path: 'sparse' }, map })).error).toBeNull()
    const many = stock.manifests.find(({ reference }) => reference === 'many')?.digest
    expect(await digestOn('sparse/stock', 'many')).toBe(many)
  })

  it('is made on the command line, signed with a key of one’s own', async () => {
    const auth = Buffer.from(`${peer.username}:${peer.password}`).toString('base64')
    const authfile = folder.join('auth.json')
    await writeFile(authfile, JSON.stringify({ auths: { [peer.host]: { auth } } }))
    const key = createMinisignKey()
    const keyFile = folder.join('sign.key')
    await writeFile(keyFile, key.secretFile)
    const to = folder.join('typed')
    const elsewhere = ['--authfile', authfile, '--insecure', peer.host]
    const told = await program(
      ...['create', `${peer.host}/far/large:v1`, '--data', server.dataDir, '--to', to],
      ...['--sign', keyFile, '--compat-index', ...elsewhere],
    )
    expect(told).toMatchObject({ code: 0 })
    expect(told.stdout).toContain('wrote bundle')
    expect(told.stderr).not.toContain(peer.password)
    expect((await program('verify', to, '--key', key.text)).code).toBe(0)
    const compat = await readFile(join(to, 'compat', peer.host, 'far/large/index.json'), 'utf8')
    expect(compat).toContain('"org.opencontainers.image.ref.name":"v1"')
  })
})

it('is asked for by no command any more when the site is disconnected meanwhile', async () => {
  await using far = await watchUpstream(peer.url)
  far.disturb(() => ({ kind: 'silent' }))
  const planned = program(
    ...['plan', `${far.host}/far/large:v1`, '--plain-http', far.host, '--json'],
    ...['--data', server.dataDir],
  )
  await until('the command to ask', async () => Promise.resolve(far.requests[0]))
  await api.put(connection, { connected: false })
  const { stdout, stderr } = await planned
  expect(stdout + stderr).toContain('this site is disconnected from other registries')
  await api.put(connection, { connected: true })
})

describe('bundles at the same time, and given up', () => {
  it('never share a number of their stream', async () => {
    const body = { selection: { repositories: [{ name: 'near/large' }] }, stream: 'site' }
    const begun = await Promise.all(
      ['one', 'two', 'three'].map((to) => bundles.begin('exports', { ...body, to })),
    )
    for (const { id } of begun) expect((await bundles.rested(id)).error).toBeNull()
    const numbers = (await bundles.bundles())
      .filter(({ stream }) => stream === 'site')
      .map(({ sequence }) => sequence)
    expect(numbers.sort()).toEqual([1, 2, 3])
  })

  it('leave nothing on the medium when they are cancelled, and free their number', async () => {
    const body = { selection: { repositories: [{ name: 'near/large' }] }, stream: 'site' }
    const { id } = await bundles.begin('exports', { ...body, to: 'given-up', rate: '100kB/s' })
    const place = join(carried, 'given-up')
    await until('some of it to be written', async () =>
      (await readdir(place).catch(() => [] as string[])).includes('blobs') ? true : undefined,
    )
    expect(await readFile(join(place, 'UNFINISHED.txt'), 'utf8')).toContain('still being written')
    await bundles.change(id, 'pause')
    await until('it to rest', async () => {
      const { error, progress } = await bundles.job(id)
      return error === null && progress.state === 'paused' ? true : undefined
    })
    await bundles.change(id, 'cancel')
    await until('the folder to go', async () =>
      (await readdir(carried)).includes('given-up') ? undefined : true,
    )
    const next = await bundles.export({ ...body, to: 'next' })
    const row = (await bundles.bundles()).find((one) => one.id === next.bundle_id)
    expect(row?.sequence).toBe(4)
    expect(await readdir(join(carried, 'next'))).not.toContain('UNFINISHED.txt')
  })
})

describe('an import with --link', () => {
  it('takes the files of a bundle as they are, verified', async () => {
    const image = createOpaqueImage('linked', [500_000])
    const layer = image.blobs.find(({ bytes }) => bytes.length === 500_000)
    if (layer === undefined) throw new Error('the image has no layer')
    await peer.client().pushImage('far/linked', 'v1', image)
    const other = await startTestServer()
    try {
      await bundles.export({ ...listOf('far/linked:v1'), upstreams: upstreams(), to: 'linked' })
      const otherBundles = bundleClient(await other.signedIn())
      const { own } = await bundles.trusted()
      await otherBundles.trust('the source', own.public_key)
      const place = join(carried, 'linked')
      await other.mooring(
        ['bundle', 'import', place],
        ['--link', '--map', '[^/]+/far/(.*)=quay/$1'],
      )
      const { nlink } = await stat(join(place, 'blobs/sha256', layer.digest.slice(7)))
      expect(nlink).toBe(2)
      const answer = await other.client().getManifest('quay/linked', 'v1')
      expect(answer.header('docker-content-digest')).toBe(image.manifest.digest)
    } finally {
      await other.stop()
    }
  })
})
