import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

interface Missing {
  readonly images: readonly {
    readonly kind: string
    readonly repository: string
    readonly digest: string
    readonly tags: readonly string[]
    readonly missing: readonly string[]
    readonly platforms: readonly string[]
  }[]
}

const folder = createTemporaryFolder('bundle-missing')
const carried = folder.join('carried')
const area = '/api/v1/mooring'
const image = createOpaqueImage('whole', [50_000])
let source: TestServer
let site: TestServer
let out: BundleClient
let into: BundleClient
let siteApi: ApiClient
let stock: Stock

const missing = async () => (await siteApi.get(`${area}/bundles/missing`)) as Missing
const request = async () =>
  ((await siteApi.get(`${area}/bundles/missing/request`)) as { document: string }).document
const blobFile = async (digest: string) => {
  const names = await readdir(site.dataDir, { recursive: true })
  return join(site.dataDir, names.find((name) => name.endsWith(digest.slice(7))) ?? '')
}

beforeAll(async () => {
  await mkdir(carried)
  const env = {
    QUAY_OVERRIDE_CONFIG: JSON.stringify({
      ...{ SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [carried], FEATURE_SPARSE_INDEX: true },
    }),
  }
  source = await startTestServer({ env })
  site = await startTestServer({ env })
  siteApi = await site.signedIn()
  out = bundleClient(await source.signedIn())
  into = bundleClient(siteApi)
  await into.trust('the source', (await out.trusted()).own.public_key)
  stock = await stockRegistry(source.client(), 'quay/stock', { largeBytes: 1_000 })
  await source.client().pushImage('quay/app', 'v1', image)
  await out.export({
    ...{ selection: { repositories: [{ name: 'quay/*' }] }, to: 'sparse' },
    platforms: ['linux/arm64'],
  })
  await into.import({ source: { path: 'sparse' } })
})
afterAll(async () => {
  await source.stop()
  await site.stop()
  await folder.remove()
})

it('names lists without some of their platforms, and the request brings those', async () => {
  const many = stock.manifests.find(({ reference }) => reference === 'many')?.digest
  const { images } = await missing()
  const sparse = images.find(({ digest }) => digest === many)
  expect(sparse).toMatchObject({ kind: 'sparse-list', repository: 'quay/stock', tags: ['many'] })
  expect(sparse?.platforms).toContain('linux/amd64')
  expect(sparse?.platforms).not.toContain('linux/arm64')
  const list = await request()
  expect(list).toContain(`- image: quay/stock@${String(many)}`)
  await out.export({ selection: { list }, to: 'platforms' })
  const done = await into.import({ source: { path: 'platforms' } })
  expect(done.error).toBeNull()
  expect((await missing()).images.filter(({ digest }) => digest === many)).toEqual([])
})

it('names images with damaged content, and the next bundle heals them', async () => {
  const layer = image.blobs.toSorted((a, b) => b.bytes.length - a.bytes.length)[0]
  const digest = layer?.digest ?? ''
  const file = await blobFile(digest)
  const bytes = await readFile(file)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  await writeFile(file, bytes)
  await siteApi.request('POST', `${area}/storage/scrub`, {})
  const found = await until('the damage to be found', async () =>
    (await missing()).images.find(({ kind }) => kind === 'damaged-blob'),
  )
  expect(found).toMatchObject({ digest: image.manifest.digest, missing: [digest] })
  const { document } = await into.receipt()
  const { public_key: key } = (await into.trusted()).own
  await out.trust('the site', key)
  await out.addReceipt({ document })
  const wish = { selection: { list: await request() }, base: { kind: 'receipt' } }
  expect(await out.plan(wish)).toMatchObject({ problems: [], new_bytes: bytes.length })
  await out.export({ ...wish, to: 'healing' })
  expect((await into.import({ source: { path: 'healing' } })).error).toBeNull()
  expect(await readFile(file)).toEqual(layer?.bytes)
  expect((await missing()).images.filter(({ kind }) => kind === 'damaged-blob')).toEqual([])
})
