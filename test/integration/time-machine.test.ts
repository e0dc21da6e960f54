import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage, createIndex } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

interface Tag {
  readonly name: string
  readonly reversion: boolean
  readonly manifest_digest: string
  readonly start_ts: number
  readonly end_ts?: number
}

let server: TestServer
let api: ApiClient
let registry: RegistryClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        PERMANENTLY_DELETE_TAGS: true,
        RESET_CHILD_MANIFEST_EXPIRATION: true,
        FEATURE_GARBAGE_COLLECTION: false,
      }),
    },
  })
  api = await server.signedIn()
  registry = server.client()
})
afterAll(() => server.stop())

const at = (repository: string, rest = '') => `/api/v1/repository/quay/${repository}/tag/${rest}`
const list = async (repository: string, query = '') =>
  ((await api.get(at(repository, query))) as { tags: Tag[] }).tags
const push = (repository: string, tag: string, text: string, labels = {}) =>
  registry.pushImage(`quay/${repository}`, tag, createImage({ cmd: [text], labels }))
const pulled = async (repository: string, reference: string) =>
  (await registry.getManifest(`quay/${repository}`, reference)).status
const lastLog = async (repository: string) => {
  const { logs } = (await api.get(`/api/v1/repository/quay/${repository}/logs`)) as {
    logs: { kind: string; metadata: Record<string, unknown> }[]
  }
  return logs[0]
}
const detailOf = async (path: string, body: object) => {
  const answer = await api.request('POST', path, body)
  return [answer.status, (answer.json() as { detail?: string }).detail]
}

describe('a tag that was deleted or overwritten', () => {
  it('comes back with the image that it had', async () => {
    const old = await push('restored', 'a', 'old')
    const recent = await push('restored', 'a', 'recent')
    expect(await api.post(at('restored', 'a/restore'), { manifest_digest: old })).toEqual({})
    expect(await pulled('restored', 'a')).toBe(200)
    const tags = await list('restored')
    expect(tags.map((tag) => [tag.manifest_digest, tag.reversion])).toEqual([
      [old, true],
      [recent, false],
      [old, false],
    ])
    expect(await lastLog('restored')).toMatchObject({
      kind: 'revert_tag',
      metadata: { username: 'quay', repo: 'restored', tag: 'a', manifest_digest: old },
    })
    await api.delete(at('restored', 'a'))
    expect(await pulled('restored', recent)).toBe(404)
    await api.post(at('restored', 'a/restore'), { manifest_digest: recent })
    expect(await pulled('restored', recent)).toBe(200)
  })

  it('comes back with nothing that it never was', async () => {
    await push('strange', 'a', 'one')
    const other = await push('strange', 'b', 'two')
    expect(await detailOf(at('strange', 'a/restore'), {})).toEqual([400, 'Missing manifest_digest'])
    for (const digest of [other, 'latest', `sha256:${'0'.repeat(64)}`]) {
      expect(await detailOf(at('strange', 'a/restore'), { manifest_digest: digest })).toEqual([
        404,
        'Not Found',
      ])
    }
  })

  it('is gone for good when that is asked for', async () => {
    const old = await push('forgotten', 'a', 'old')
    await push('forgotten', 'a', 'recent')
    const expire = at('forgotten', 'a/expire')
    expect(await detailOf(expire, {})).toEqual([
      400,
      'manifest_digest required when is_alive set to false',
    ])
    expect(await api.post(expire, { manifest_digest: old })).toBe('')
    expect(await lastLog('forgotten')).toMatchObject({
      kind: 'permanently_delete_tag',
      metadata: {
        ...{ username: 'quay', repo: 'forgotten', namespace: 'quay' },
        ...{ tag: 'a', manifest_digest: old },
      },
    })
    expect(await list('forgotten')).toHaveLength(1)
    expect(await detailOf(expire, { manifest_digest: old })).toEqual([404, 'Not Found'])
    expect(await detailOf(at('forgotten', 'a/restore'), { manifest_digest: old })).toEqual([
      404,
      'Not Found',
    ])
    expect(await api.post(expire, { is_alive: true })).toBe('')
    expect(await list('forgotten')).toEqual([])
    expect(await pulled('forgotten', 'a')).toBe(404)
  })

  it('takes the children of its index along', async () => {
    const child = createImage({ cmd: ['child'] })
    await registry.pushImage('quay/index', child.manifest.digest, child)
    await registry.putManifest('quay/index', 'a', createIndex([child]))
    expect(await pulled('index', child.manifest.digest)).toBe(200)
    await api.delete(at('index', 'a'))
    expect(await pulled('index', child.manifest.digest)).toBe(404)
  })
})

describe('the label quay.expires-after', () => {
  it('ends a tag by itself, and the time machine still has it', async () => {
    const digest = await push('short', 'a', 'short', { 'quay.expires-after': '3s' })
    const [tag] = await list('short')
    expect((tag?.end_ts ?? 0) - (tag?.start_ts ?? 0)).toBe(3)
    expect(await pulled('short', 'a')).toBe(200)
    const answer = await until('the tag to expire', async () => {
      const found = await registry.getManifest('quay/short', 'a')
      return found.status === 200 ? undefined : found
    })
    expect([answer.status, answer.json()]).toMatchObject([
      404,
      { errors: [{ code: 'TAG_EXPIRED' }] },
    ])
    expect(await list('short', '?onlyActiveTags=true')).toEqual([])
    expect(await list('short')).toMatchObject([{ name: 'a', manifest_digest: digest }])
    await api.post(at('short', 'a/restore'), { manifest_digest: digest })
    expect(await pulled('short', 'a')).toBe(200)
  })

  it('is an annotation as well', async () => {
    const manifest = { annotations: { 'quay.expires-after': '2d' } }
    await registry.pushImage('quay/annotated', 'a', createImage({ manifest }))
    const [tag] = await list('annotated')
    expect((tag?.end_ts ?? 0) - (tag?.start_ts ?? 0)).toBe(2 * 86_400)
  })
})
