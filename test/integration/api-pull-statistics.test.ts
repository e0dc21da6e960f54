import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
beforeAll(async () => {
  const settings = { FEATURE_IMAGE_PULL_STATS: true }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
})
afterAll(() => server.stop())

describe('pull statistics', () => {
  it('count pulls by tag and by manifest, not who only asks whether it is there', async () => {
    const client = server.client()
    const digest = await client.pushImage('quay/counted', 'v1', createImage())
    const api = await server.signedIn()
    const tagPath = '/api/v1/repository/quay/counted/tag/v1/pull_statistics'
    const manifestPath = `/api/v1/repository/quay/counted/manifest/${digest}/pull_statistics`
    const never = { tag_pull_count: 0, last_tag_pull_date: null, current_manifest_digest: digest }
    expect(await api.get(tagPath)).toMatchObject(never)

    for (let pull = 0; pull < 3; pull++) await client.getManifest('quay/counted', 'v1')
    await client.getManifest('quay/counted', digest)
    await client.headManifest('quay/counted', 'v1')
    const found = await until('the pulls to be added', async () => {
      const statistics = (await api.get(tagPath)) as { manifest_pull_count: number }
      return statistics.manifest_pull_count >= 4 ? statistics : undefined
    })
    expect(found).toMatchObject({ tag_name: 'v1', tag_pull_count: 3, manifest_pull_count: 4 })
    expect(await api.get(manifestPath)).toMatchObject({
      manifest_digest: digest,
      manifest_pull_count: 4,
    })
  })

  it('of what is not there are not found', async () => {
    const api = await server.signedIn()
    const nothing = `sha256:${'0'.repeat(64)}`
    await api.get('/api/v1/repository/quay/counted/tag/v9/pull_statistics', 404)
    await api.get(`/api/v1/repository/quay/counted/manifest/${nothing}/pull_statistics`, 404)
  })
})
