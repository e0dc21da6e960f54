import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('bundles')
const carried = folder.join('carried')
let source: TestServer
let target: TestServer
let sourceApi: ApiClient
let targetApi: ApiClient
let out: BundleClient
let into: BundleClient
let stock: Stock

beforeAll(async () => {
  await mkdir(carried)
  const env = {
    QUAY_OVERRIDE_CONFIG: JSON.stringify({
      SUPER_USERS: ['quay'],
      MOORING_BUNDLE_PATHS: [carried],
      FEATURE_SPARSE_INDEX: true,
    }),
  }
  source = await startTestServer({ env })
  target = await startTestServer({ env })
  sourceApi = await source.signedIn()
  targetApi = await target.signedIn()
  out = bundleClient(sourceApi)
  into = bundleClient(targetApi)
  stock = await stockRegistry(source.client(), 'quay/stock', { largeBytes: 500_000 })
})
afterAll(async () => {
  await source.stop()
  await target.stop()
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
  })

  it('is refused by a registry that does not know its key', async () => {
    const made = await out.export({
      selection: { repositories: [{ name: 'quay/*' }] },
      to: 'first',
    })
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

  it('comes in with the same digests once the key is trusted', async () => {
    const { own } = await out.trusted()
    await into.trust('the source', own.public_key)
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
})
