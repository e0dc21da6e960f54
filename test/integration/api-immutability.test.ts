import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Log {
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
}

let server: TestServer
let api: ApiClient
let registry: RegistryClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_IMMUTABLE_TAGS: true,
      }),
    },
  })
  api = await server.signedIn()
  registry = server.client()
  for (const name of ['acme', 'late', 'slow', 'other']) {
    await api.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
  }
})
afterAll(() => server.stop())

const push = (repository: string, tag: string, text = tag) =>
  registry.pushImage(repository, tag, createImage({ cmd: [repository, text] }))
const pushStatus = async (repository: string, tag: string, text: string) => {
  const { manifest, blobs } = createImage({ cmd: [repository, text] })
  for (const blob of blobs) await registry.pushBlob(repository, blob)
  const answer = await registry.request('PUT', `/v2/${repository}/manifests/${tag}`, {
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  })
  return answer.status
}
const ofOrganization = (name: string, uuid = '') =>
  `/api/v1/organization/${name}/immutabilitypolicy/${uuid}`
const ofRepository = (name: string, uuid = '') =>
  `/api/v1/repository/${name}/immutabilitypolicy/${uuid}`
const create = async (path: string, body: object) =>
  ((await api.post(path, body, 201)) as { uuid: string }).uuid
const immutableTags = async (repository: string) => {
  const { tags } = (await api.get(`/api/v1/repository/${repository}/tag/?onlyActiveTags=true`)) as {
    tags: { name: string; immutable: boolean }[]
  }
  return tags.filter(({ immutable }) => immutable).map(({ name }) => name)
}
const logsOf = async (path: string) => ((await api.get(`${path}/logs`)) as { logs: Log[] }).logs
const refusal = async (method: string, path: string, body: object) => {
  const answer = await api.request(method, path, body)
  return [answer.status, (answer.json() as { error_message: string }).error_message]
}

describe('policies of an organization', () => {
  it('are made, listed, read, changed and removed', async () => {
    const uuid = await create(ofOrganization('other'), { tagPattern: 'v[0-9]+.*' })
    const policy = { uuid, tagPattern: 'v[0-9]+.*', tagPatternMatches: true }
    expect(await api.get(ofOrganization('other'))).toEqual({ policies: [policy] })
    expect(await api.get(ofOrganization('other', uuid))).toEqual(policy)
    const changed = { tagPattern: 'latest', tagPatternMatches: false }
    await api.put(ofOrganization('other', uuid), changed, 204)
    expect(await api.get(ofOrganization('other', uuid))).toEqual({ uuid, ...changed })
    for (const path of [ofOrganization('acme', uuid), ofOrganization('other', 'none')]) {
      for (const method of ['GET', 'DELETE', 'PUT']) {
        expect((await api.request(method, path, { tagPattern: 'x' })).status).toBe(404)
      }
    }
    expect(await api.delete(ofOrganization('other', uuid), 200)).toEqual({ uuid })
    expect(await api.get(ofOrganization('other'))).toEqual({ policies: [] })
    const about = { namespace: 'other' }
    expect((await logsOf('/api/v1/organization/other')).slice(0, 3)).toMatchObject([
      { kind: 'delete_immutability_policy', metadata: { ...about, policy_uuid: uuid } },
      {
        kind: 'update_immutability_policy',
        metadata: { ...about, tag_pattern: 'latest', tag_pattern_matches: false },
      },
      {
        kind: 'create_immutability_policy',
        metadata: { ...about, tag_pattern: 'v[0-9]+.*', tag_pattern_matches: true },
      },
    ])
  })

  it('decide about tags when they are made, and only about whole names', async () => {
    await create(ofOrganization('acme'), { tagPattern: String.raw`v\d+` })
    await push('acme/web', 'v1')
    await push('acme/web', 'v1-rc')
    expect(await immutableTags('acme/web')).toEqual(['v1'])
    expect((await logsOf('/api/v1/repository/acme/web'))[1]).toMatchObject({
      kind: 'tag_made_immutable_by_policy',
      metadata: { tag: 'v1', repo: 'web', namespace: 'acme', immutable: true },
    })
    expect(await pushStatus('acme/web', 'v1', 'other')).toBe(409)
    expect(await pushStatus('acme/web', 'v1', 'v1')).toBe(409)
    expect(await pushStatus('acme/web', 'v1-rc', 'other')).toBe(201)
    const digest = await push('acme/web', 'plain')
    await api.put('/api/v1/repository/acme/web/tag/v2', { manifest_digest: digest }, 201)
    expect(await immutableTags('acme/web')).toEqual(['v2', 'v1'])
  })

  it('decide about tags that are there, in every repository, and stay so without them', async () => {
    for (const name of ['late/a', 'late/b']) {
      for (const tag of ['v1', 'v2', 'main']) await push(name, tag)
    }
    await api.put(
      '/api/v1/repository/late/a/tag/v2',
      { expiration: Math.floor(Date.now() / 1000) + 86_400 },
      201,
    )
    const uuid = await create(ofOrganization('late'), {
      tagPattern: 'main',
      tagPatternMatches: false,
    })
    for (const name of ['late/a', 'late/b']) {
      expect(await immutableTags(name)).toEqual(['v2', 'v1'])
    }
    const { tags } = (await api.get('/api/v1/repository/late/a/tag/?specificTag=v2')) as {
      tags: { end_ts?: number }[]
    }
    expect(tags[0]?.end_ts).toBeUndefined()
    expect((await logsOf('/api/v1/organization/late'))[0]).toMatchObject({
      kind: 'tags_made_immutable_by_policy',
      metadata: { namespace: 'late', tag_pattern: 'main', tag_pattern_matches: false, count: 4 },
    })
    await api.delete(ofOrganization('late', uuid), 200)
    expect(await immutableTags('late/a')).toEqual(['v2', 'v1'])
  })
})

describe('policies of a repository', () => {
  it('decide about that repository alone', async () => {
    await push('quay/one', 'v1')
    await push('quay/two', 'v1')
    const uuid = await create(ofRepository('quay/one'), { tagPattern: 'v.*' })
    expect(await immutableTags('quay/one')).toEqual(['v1'])
    expect(await immutableTags('quay/two')).toEqual([])
    expect((await logsOf('/api/v1/repository/quay/one')).slice(0, 2)).toMatchObject([
      { kind: 'tags_made_immutable_by_policy', metadata: { repo: 'one', count: 1 } },
      { kind: 'create_immutability_policy', metadata: { repo: 'one', namespace: 'quay' } },
    ])
    await push('quay/one', 'main')
    await api.put(ofRepository('quay/one', uuid), { tagPattern: 'm.*' }, 204)
    expect(await immutableTags('quay/one')).toEqual(['main', 'v1'])
    expect((await api.request('GET', ofRepository('quay/two', uuid))).status).toBe(404)
  })

  it.each([
    [{ tagPattern: '' }, 'tag_pattern is required and must be a non-empty string'],
    [{ tagPattern: 'a'.repeat(257) }, 'tag_pattern must be 256 characters or less'],
    [{ tagPattern: '(' }, 'Invalid regex pattern: Unterminated group'],
    [{ tagPattern: 'a)|(b' }, "Invalid regex pattern: Unmatched ')'"],
    [{}, "'tagPattern' is a required property"],
    [{ tagPattern: 5 }, "5 is not of type 'string'"],
    [{ tagPattern: 'a', tagPatternMatches: 'no' }, "'no' is not of type 'boolean'"],
  ])('are refused for %j', async (body, message) => {
    await push('quay/refused', 'v1')
    expect(await refusal('POST', ofRepository('quay/refused'), body)).toEqual([400, message])
  })

  it('have a pattern once', async () => {
    await push('quay/twice', 'v1')
    await create(ofRepository('quay/twice'), { tagPattern: 'a' })
    const other = await create(ofRepository('quay/twice'), { tagPattern: 'b' })
    const taken = [400, 'A policy with the same tag_pattern already exists']
    expect(await refusal('POST', ofRepository('quay/twice'), { tagPattern: 'a' })).toEqual(taken)
    expect(await refusal('PUT', ofRepository('quay/twice', other), { tagPattern: 'a' })).toEqual(
      taken,
    )
    await api.put(ofRepository('quay/twice', other), { tagPattern: 'b' }, 204)
  })
})

describe('a pattern that takes for ever', () => {
  const slow = '(?:[a-z]+[a-z]*)+(?:[a-z]+)+x'

  it('is refused when a tag shows it, and leaves no policy', async () => {
    await push('slow/there', 'a'.repeat(100))
    expect(await refusal('POST', ofOrganization('slow'), { tagPattern: slow })).toEqual([
      400,
      'Invalid regex pattern: matching takes too long',
    ])
    expect(await api.get(ofOrganization('slow'))).toEqual({ policies: [] })
  })

  it('is no match for a tag that is pushed, while others are served', async () => {
    await push('quay/slow', 'v1')
    await create(ofRepository('quay/slow'), { tagPattern: slow })
    const { manifest } = createImage({ cmd: ['quay/slow', 'v1'] })
    const name = 'b'.repeat(100)
    const started = performance.now()
    let pushedAfter = 0
    const pushed = registry.putManifest('quay/slow', name, manifest).then(() => {
      pushedAfter = performance.now() - started
    })
    let served = 0
    for (; pushedAfter === 0; served++) await api.get('/api/v1/messages')
    await pushed
    expect(pushedAfter).toBeGreaterThan(900)
    expect(served).toBeGreaterThan(5)
    expect(await immutableTags('quay/slow')).toEqual([])
  })
})

describe('the label quay.immutable', () => {
  it('makes the tags of its image immutable, without an expiry', async () => {
    const labels = { 'quay.immutable': 'true', 'quay.expires-after': '1h' }
    await registry.pushImage('quay/label', 'a', createImage({ labels }))
    expect(await immutableTags('quay/label')).toEqual(['a'])
    expect(await pushStatus('quay/label', 'a', 'other')).toBe(409)
    const refused = createImage({ cmd: ['quay/label', 'other'] })
    const kept = await registry.headManifest('quay/label', refused.manifest.digest)
    expect(kept.status).toBe(200)
  })
})
