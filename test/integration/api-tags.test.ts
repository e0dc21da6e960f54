import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage, createIndex, type Image } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Tag {
  readonly name: string
  readonly reversion: boolean
  readonly immutable: boolean
  readonly start_ts: number
  readonly end_ts?: number
  readonly manifest_digest: string
  readonly is_manifest_list: boolean
  readonly size: number | null
  readonly last_modified: string
  readonly expiration?: string
  readonly child_manifest_count?: number
}

interface Page {
  readonly tags: readonly Tag[]
  readonly page: number
  readonly has_additional: boolean
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
        PERMANENTLY_DELETE_TAGS: true,
      }),
    },
  })
  api = await server.signedIn()
  registry = server.client()
})
afterAll(() => server.stop())

const imageOf = (text: string): Image =>
  createImage({ layers: [[{ name: 'file', content: text }]], cmd: [text] })
const push = (repository: string, tag: string, text = `${repository}:${tag}`) =>
  registry.pushImage(`quay/${repository}`, tag, imageOf(text))
const at = (repository: string, rest = '') => `/api/v1/repository/quay/${repository}/tag/${rest}`
const list = async (repository: string, query = '') =>
  (await api.get(at(repository, query === '' ? '' : `?${query}`))) as Page
const names = ({ tags }: Page) => tags.map(({ name }) => name)
const only = async (repository: string, tag: string): Promise<Tag> => {
  const { tags } = await list(repository, `specificTag=${tag}&onlyActiveTags=true`)
  const [found] = tags
  if (found === undefined || tags.length !== 1) throw new Error(`${tags.length} tags ${tag}`)
  return found
}
const refusal = async (method: string, path: string, body?: unknown) => {
  const answer = await api.request(method, path, body)
  const { message, detail } = answer.json() as { message?: string; detail?: string }
  return [answer.status, message ?? detail]
}
const lastLog = async (repository: string) => {
  const { logs } = (await api.get(`/api/v1/repository/quay/${repository}/logs`)) as {
    logs: { kind: string; metadata: Record<string, unknown> }[]
  }
  return logs[0]
}
const nowS = () => Math.floor(Date.now() / 1000)

describe('the list of tags', () => {
  beforeAll(async () => {
    for (const tag of ['v1', 'v2', 'V20', 'latest']) await push('listed', tag)
    await push('listed', 'v1', 'another v1')
    await api.delete(at('listed', 'v2'))
  })

  it('has every entry of the history, newest first', async () => {
    const page = await list('listed')
    expect(names(page)).toEqual(['v1', 'latest', 'V20', 'v2', 'v1'])
    expect([page.page, page.has_additional]).toEqual([1, false])
    expect(page.tags.map(({ end_ts }) => end_ts !== undefined)).toEqual([
      ...[false, false, false, true, true],
    ])
  })

  it('says what clients know of a tag', async () => {
    const image = imageOf('listed:latest')
    const tag = await only('listed', 'latest')
    expect(tag).toEqual({
      name: 'latest',
      reversion: false,
      immutable: false,
      start_ts: tag.start_ts,
      manifest_digest: image.manifest.digest,
      is_manifest_list: false,
      size: image.blobs[0]?.bytes.length,
      last_modified: new Date(tag.start_ts * 1000).toUTCString().replace('GMT', '-0000'),
    })
    expect(Math.abs(tag.start_ts - nowS())).toBeLessThan(120)
  })

  it.each([
    ['onlyActiveTags=true', ['v1', 'latest', 'V20']],
    ['onlyActiveTags=0', ['v1', 'latest', 'V20', 'v2', 'v1']],
    ['specificTag=v1', ['v1', 'v1']],
    ['specificTag=v', []],
    ['specificTag=v2&onlyActiveTags=1', []],
    ['filter_tag_name=eq:v2', ['v2']],
    ['filter_tag_name=like:v2', ['V20', 'v2']],
    ['filter_tag_name=like:%25', []],
    ['filter_tag_name=like:_', []],
    ['filter_tag_name=like:V&onlyActiveTags=true', ['v1', 'V20']],
    ['filter_tag_name=odd:v2', ['v1', 'latest', 'V20', 'v2', 'v1']],
    ['filter_tag_name=eq:v1&specificTag=v2', []],
  ])('keeps to ?%s', async (query, expected) => {
    expect(names(await list('listed', query))).toEqual(expected)
  })

  it('comes in pages, whatever is asked for', async () => {
    const second = await list('listed', 'limit=2&page=2')
    expect([names(second), second.page, second.has_additional]).toEqual([['V20', 'v2'], 2, true])
    const third = await list('listed', 'limit=2&page=3')
    expect([names(third), third.has_additional]).toEqual([['v1'], false])
    for (const query of ['limit=0&page=-3', 'limit=1']) {
      expect(names(await list('listed', query))).toEqual(['v1'])
    }
    expect(names(await list('listed', 'page=99999999999'))).toEqual([])
  })

  it('refuses a filter that is none, and a page that is no number', async () => {
    expect(await refusal('GET', at('listed', '?filter_tag_name=v1'))).toEqual([
      400,
      "Unsupported syntax for filter_tag_name. Expected <operation>:<tag_name> where <operation>can be 'like' or 'eq'.",
    ])
    expect((await api.request('GET', at('listed', '?page=x'))).status).toBe(400)
  })

  it('tells which manifests of an index are here', async () => {
    const children = [imageOf('index a'), imageOf('index b')]
    for (const { manifest, ...image } of children) {
      await registry.pushImage('quay/index', manifest.digest, { ...image, manifest })
    }
    await registry.putManifest('quay/index', 'both', createIndex(children))
    expect(await only('index', 'both')).toMatchObject({
      is_manifest_list: true,
      is_sparse: false,
      child_manifest_count: 2,
      present_child_count: 2,
      child_manifests_presence: Object.fromEntries(
        children.map(({ manifest }) => [manifest.digest, true]),
      ),
    })
  })
})

describe('moving and creating a tag', () => {
  it('points it at a manifest that a tag reaches, and records both digests', async () => {
    const [old, other] = [await push('moved', 'a'), await push('moved', 'b')]
    expect(await api.put(at('moved', 'new'), { manifest_digest: old }, 201)).toBe('Updated')
    expect(await lastLog('moved')).toMatchObject({
      kind: 'create_tag',
      metadata: {
        ...{ username: 'quay', repo: 'moved', namespace: 'quay', tag: 'new' },
        ...{ manifest_digest: old, original_manifest_digest: null },
      },
    })
    await api.put(at('moved', 'new'), { manifest_digest: other }, 201)
    expect((await only('moved', 'new')).manifest_digest).toBe(other)
    expect(await lastLog('moved')).toMatchObject({
      kind: 'move_tag',
      metadata: { manifest_digest: other, original_manifest_digest: old },
    })
    expect((await registry.headManifest('quay/moved', 'new')).header('etag')).toBe(`"${other}"`)
  })

  it('knows no manifest that is deleted, is of another repository or is none', async () => {
    const [gone, elsewhere] = [await push('unknown', 'a'), await push('elsewhere', 'a')]
    await api.delete(at('unknown', 'a'))
    for (const digest of [gone, elsewhere, 'latest', `sha256:${'0'.repeat(64)}`]) {
      const found = await refusal('PUT', at('unknown', 'x'), { manifest_digest: digest })
      expect([digest, ...found]).toEqual([digest, 404, 'Not Found'])
    }
  })

  it('refuses a name that no tag can have', async () => {
    const digest = await push('names', 'a')
    for (const name of ['.a', '-a', 'a%20b', 'a'.repeat(129)]) {
      expect(await refusal('PUT', at('names', name), { manifest_digest: digest })).toEqual([
        400,
        'Invalid tag: must match [A-Za-z0-9_.-], NOT start with "." or "-", and can contain 1-128 characters',
      ])
    }
  })
})

describe('the expiry of a tag', () => {
  const hour = 3600
  it('is set, bounded from the start of the tag, and cleared', async () => {
    await push('expiry', 'a')
    const { start_ts } = await only('expiry', 'a')
    const end = nowS() + 48 * hour
    await api.put(at('expiry', 'a'), { expiration: end }, 201)
    expect((await only('expiry', 'a')).end_ts).toBe(end)
    expect(await lastLog('expiry')).toMatchObject({
      kind: 'change_tag_expiration',
      metadata: {
        ...{ username: 'quay', repo: 'expiry', namespace: 'quay', tag: 'a' },
        ...{ expiration_date: end, old_expiration_date: null },
      },
    })
    await api.put(at('expiry', 'a'), { expiration: nowS() + 60 }, 201)
    expect((await only('expiry', 'a')).end_ts).toBe(start_ts + hour)
    await api.put(at('expiry', 'a'), { expiration: nowS() + 10 * 365 * 24 * hour }, 201)
    expect((await only('expiry', 'a')).end_ts).toBe(start_ts + 104 * 7 * 24 * hour)
    await api.put(at('expiry', 'a'), { expiration: null }, 201)
    expect((await only('expiry', 'a')).end_ts).toBeUndefined()
  })

  it('cannot lie in the past, nor be set on a tag that is not there', async () => {
    const unreadable =
      'The browser (or proxy) sent a request that this server could not understand.'
    for (const expiration of [0, nowS() - 1, -5, 1e300]) {
      const found = await refusal('PUT', at('expiry', 'a'), { expiration })
      expect([expiration, ...found]).toEqual([expiration, 400, unreadable])
    }
    expect(await refusal('PUT', at('expiry', 'none'), { expiration: null })).toEqual([
      404,
      'Not Found',
    ])
    expect((await api.request('PUT', at('expiry', 'a'), { expiration: 'soon' })).status).toBe(400)
  })
})

describe('immutability of a tag', () => {
  it('keeps it from being moved, pushed, deleted and given an expiry', async () => {
    const digest = await push('frozen', 'a')
    const other = await push('frozen', 'b')
    await api.put(at('frozen', 'a'), { immutable: true }, 201)
    expect((await only('frozen', 'a')).immutable).toBe(true)
    expect(await lastLog('frozen')).toMatchObject({
      kind: 'change_tag_immutability',
      metadata: { tag: 'a', immutable: true, previous_immutable: false, username: 'quay' },
    })
    expect(await refusal('PUT', at('frozen', 'a'), { manifest_digest: other })).toEqual([
      409,
      "Cannot overwrite immutable tag 'a'",
    ])
    expect(await refusal('DELETE', at('frozen', 'a'))).toEqual([
      409,
      "Cannot delete immutable tag 'a'",
    ])
    expect(await refusal('POST', at('frozen', 'a/restore'), { manifest_digest: digest })).toEqual([
      409,
      "Cannot overwrite immutable tag 'a'",
    ])
    expect(await refusal('PUT', at('frozen', 'a'), { expiration: nowS() + 9999 })).toEqual([
      400,
      "Cannot set expiration on immutable tag 'a'",
    ])
    expect(
      await refusal('POST', at('frozen', 'a/expire'), { is_alive: true, manifest_digest: digest }),
    ).toEqual([404, 'Not Found'])
    for (const attempt of [
      registry.request('DELETE', '/v2/quay/frozen/manifests/a'),
      registry.request('DELETE', `/v2/quay/frozen/manifests/${digest}`),
      registry.request('PUT', '/v2/quay/frozen/manifests/a', {
        headers: { 'content-type': imageOf('frozen:b').manifest.mediaType },
        body: imageOf('frozen:b').manifest.bytes,
      }),
    ]) {
      const answer = await attempt
      expect(answer.status).toBe(409)
      expect(answer.json()).toEqual({
        errors: [
          {
            code: 'TAG_IMMUTABLE',
            message: 'tag is immutable and cannot be overwritten',
            detail: { message: "tag 'a' is immutable" },
          },
        ],
      })
    }
    expect((await only('frozen', 'a')).manifest_digest).toBe(digest)
  })

  it('is no matter for a tag with an expiry, and taken back by an admin', async () => {
    await push('thawed', 'a')
    await api.put(at('thawed', 'a'), { expiration: nowS() + 9999 }, 201)
    expect(await refusal('PUT', at('thawed', 'a'), { immutable: true })).toEqual([
      400,
      "Cannot make tag 'a' immutable: tag has expiration set. Clear expiration first or enable FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE.",
    ])
    await api.put(at('thawed', 'a'), { expiration: null, immutable: true }, 201)
    await api.put(at('thawed', 'a'), { immutable: false }, 201)
    await api.delete(at('thawed', 'a'))
  })

  it('undoes the whole call when a later part of it is refused', async () => {
    const digest = await push('whole', 'a')
    const body = { immutable: true, manifest_digest: digest }
    expect((await api.request('PUT', at('whole', 'a'), body)).status).toBe(409)
    expect((await only('whole', 'a')).immutable).toBe(false)
  })
})

describe('deleting a tag', () => {
  it('leaves it in the history, and is recorded', async () => {
    await push('deleted', 'a')
    await api.delete(at('deleted', 'a'))
    expect(names(await list('deleted', 'onlyActiveTags=true'))).toEqual([])
    expect(names(await list('deleted'))).toEqual(['a'])
    expect((await registry.getManifest('quay/deleted', 'a')).status).toBe(404)
    expect(await lastLog('deleted')).toMatchObject({
      kind: 'delete_tag',
      metadata: { username: 'quay', repo: 'deleted', namespace: 'quay', tag: 'a' },
    })
    for (const tag of ['a', 'never', 'a%20b']) {
      expect(await refusal('DELETE', at('deleted', tag))).toEqual([404, 'Not Found'])
    }
  })
})
