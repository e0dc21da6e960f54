import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createArtifact, createImage, createIndex, type Image } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Page<Row> {
  readonly items: readonly Row[]
  readonly total: number
  readonly total_capped: boolean
  readonly page?: number
  readonly next_page?: string
  readonly sort: string
  readonly order: string
}
interface TagRow {
  readonly name: string
  readonly digest: string
  readonly [key: string]: unknown
}
interface TagEvent {
  readonly change: string
  readonly name: string
  readonly digest: string
  readonly previous_digest: string | null
  readonly collected_at: string | null
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
        FEATURE_SPARSE_INDEX: true,
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
const push = (repository: string, tag: string, text = tag) =>
  registry.pushImage(`quay/${repository}`, tag, imageOf(text))
const at = (repository: string, rest: string) =>
  `/api/v1/mooring/repository/quay/${repository}/${rest}`
const tags = async (repository: string, query = '') =>
  (await api.get(at(repository, `tags?${query}`))) as Page<TagRow>
const names = ({ items }: Page<{ readonly name: string }>) => items.map(({ name }) => name)

describe('the tags of a repository', () => {
  const image = imageOf('v9')
  const other = imageOf('v10')
  const absent = imageOf('absent')
  const index = createIndex([
    { ...image, platform: { os: 'linux', architecture: 'amd64' } },
    { ...absent, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ])
  beforeAll(async () => {
    await push('tags', 'v10')
    await push('tags', 'v9')
    await push('tags', `${image.manifest.digest.replace(':', '-')}.sig`, 'a signature')
  })

  it('are the newest first, counted, without those that hold signatures', async () => {
    const page = await tags('tags')
    expect(names(page)).toEqual(['v9', 'v10'])
    expect(page).toMatchObject({ total: 2, total_capped: false, page: 1, order: 'desc' })
    expect(names(await tags('tags', 'signatures=true'))).toHaveLength(3)
  })

  it('are sorted by name as people read it', async () => {
    expect(names(await tags('tags', 'sort=name'))).toEqual(['v9', 'v10'])
    expect(names(await tags('tags', 'sort=name&order=desc'))).toEqual(['v10', 'v9'])
  })

  it('are found by a part of their name, or by the beginning of their digest', async () => {
    expect(names(await tags('tags', 'search=V1'))).toEqual(['v10'])
    expect(names(await tags('tags', `search=${image.manifest.digest.slice(0, 15)}`))).toEqual([
      'v9',
    ])
    expect(names(await tags('tags', `digest=${other.manifest.digest.slice(7, 20)}`))).toEqual([
      'v10',
    ])
    expect(await tags('tags', 'search=%25')).toMatchObject({ items: [], total: 0 })
  })

  it('go on behind the last one of a page, and by the number of a page', async () => {
    const first = await tags('tags', 'sort=name&limit=1')
    expect(names(first)).toEqual(['v9'])
    const token = first.next_page ?? ''
    const second = await tags('tags', `sort=name&limit=1&page_token=${token}`)
    expect([names(second), second.next_page]).toEqual([['v10'], undefined])
    expect(names(await tags('tags', 'sort=name&limit=1&page=2'))).toEqual(['v10'])
    expect(names(await tags('tags', 'sort=name&limit=1&page=3'))).toEqual([])
  })

  it('tell in their row what pages show of them', async () => {
    const [row] = (await tags('tags', 'search=v9')).items
    expect(row).toMatchObject({
      digest: image.manifest.digest,
      is_manifest_list: false,
      size_bytes: image.blobs[0]?.bytes.length,
      is_signed: true,
      is_immutable: false,
      expiration: null,
      children: [],
    })
    expect((await tags('tags', 'search=v10')).items[0]).toMatchObject({ is_signed: false })
  })

  it('tell of an index which children are here', async () => {
    await push('lists', 'child', 'v9')
    await registry.putManifest('quay/lists', 'multi', index)
    const [row] = (await tags('lists', 'search=multi')).items
    expect(row).toMatchObject({ is_manifest_list: true, child_count: 2, present_child_count: 1 })
    expect(row?.['children']).toMatchObject([
      { digest: image.manifest.digest, is_present: true, platform: { architecture: 'amd64' } },
      {
        digest: absent.manifest.digest,
        is_present: false,
        size_bytes: null,
        platform: { variant: 'v8' },
      },
    ])
  })
})

describe('the history of tags', () => {
  const history = async (repository: string, query = '') =>
    (await api.get(at(repository, `history?${query}`))) as Page<TagEvent>
  const told = ({ items }: Page<TagEvent>) => items.map(({ change, name }) => `${name} ${change}`)

  beforeAll(async () => {
    await push('past', 'stays', 'one')
    await push('past', 'moves', 'one')
    await push('past', 'moves', 'two')
    await push('past', 'goes', 'one')
    await api.delete('/api/v1/repository/quay/past/tag/goes')
    const expiration = Math.floor(Date.now() / 1000) + 3_600
    await api.put('/api/v1/repository/quay/past/tag/stays', { expiration }, 201)
  })

  it('tells what was created, moved and deleted, the newest first', async () => {
    const page = await history('past')
    expect(told(page)).toEqual([
      'goes deleted',
      'goes created',
      'moves moved',
      'moves created',
      'stays created',
    ])
    const [deleted, , moved] = page.items
    expect(moved).toMatchObject({
      digest: imageOf('two').manifest.digest,
      previous_digest: imageOf('one').manifest.digest,
    })
    expect(Date.parse(deleted?.collected_at ?? '')).toBeGreaterThan(Date.now())
  })

  it('tells what is to expire when it is asked for', async () => {
    expect(told(await history('past', 'future=true'))[0]).toBe('stays expires')
  })

  it('is narrowed to a tag and to a time', async () => {
    expect(told(await history('past', 'tag=moves'))).toEqual(['moves moved', 'moves created'])
    expect(told(await history('past', 'search=OE'))).toEqual(['goes deleted', 'goes created'])
    expect((await history('past', 'to=2020-01-01')).total).toBe(0)
    expect((await api.request('GET', at('past', 'history?from=yesterday'))).status).toBe(400)
  })

  it('goes on behind the last event of a page', async () => {
    const first = await history('past', 'limit=2')
    const second = await history('past', `limit=2&page_token=${first.next_page ?? ''}`)
    expect([...told(first), ...told(second)]).toHaveLength(4)
    expect(told(second)).toEqual(['moves moved', 'moves created'])
  })
})

describe('a manifest', () => {
  it('comes with its layers, labels, referrers and tags', async () => {
    const image = createImage({
      layers: [[{ name: 'a', content: 'a' }], [{ name: 'b', content: 'b' }]],
      labels: { maintainer: 'ada' },
    })
    await registry.pushImage('quay/details', 'one', image)
    await registry.pushImage('quay/details', 'two', image)
    const signature = createArtifact({
      artifactType: 'application/vnd.cncf.notary.signature',
      subject: image.manifest,
    })
    await registry.pushImage('quay/details', signature.manifest.digest, signature)

    const sizes = image.blobs.slice(0, 2).map(({ bytes }) => bytes.length)
    const [first = 0, second = 0] = sizes
    expect(await api.get(at('details', `manifest/${image.manifest.digest}`))).toMatchObject({
      layers: [
        { index: 0, instruction: 'test', size_bytes: first, cumulative_bytes: first },
        { index: 1, digest: image.blobs[1]?.digest, cumulative_bytes: first + second },
      ],
      layers_bytes: first + second,
      config_data: { architecture: 'amd64' },
      labels: [{ key: 'maintainer', value: 'ada', source_type: 'manifest' }],
      referrers: [{ digest: signature.manifest.digest }],
      tags: ['one', 'two'],
      is_signed: true,
    })
  })

  it('that is not there is not found', async () => {
    const path = at('details', `manifest/sha256:${'0'.repeat(64)}`)
    expect((await api.request('GET', path)).status).toBe(404)
  })
})

describe('a change to many tags', () => {
  const change = async (body: unknown) =>
    (await api.post(at('bulk', 'tags/bulk'), body)) as {
      results: { name: string; ok: boolean; status: number; message?: string }[]
      more: boolean
    }
  beforeAll(async () => {
    for (const tag of ['a1', 'a2', 'b1', 'b2']) await push('bulk', tag)
  })

  it('tells of each what became of it', async () => {
    await change({ action: 'make_immutable', tags: ['b1'] })
    const { results } = await change({ action: 'delete', tags: ['b1', 'b2', 'gone'] })
    expect(results).toEqual([
      {
        name: 'b1',
        ok: false,
        status: 409,
        message: expect.stringContaining('immutable') as string,
      },
      { name: 'b2', ok: true, status: 200 },
      { name: 'gone', ok: false, status: 404, message: 'Not Found' },
    ])
    expect(names(await tags('bulk', 'sort=name'))).toEqual(['a1', 'a2', 'b1'])
  })

  it('may be for all that a filter leaves', async () => {
    const expiration = Math.floor(Date.now() / 1000) + 3_600
    const answer = await change({ action: 'set_expiration', expiration, filter: { search: 'a' } })
    expect([answer.results.map(({ name }) => name), answer.more]).toEqual([['a1', 'a2'], false])
    const expiring = (await tags('bulk', 'sort=name')).items.map(
      (row) => row['expiration'] !== null,
    )
    expect(expiring).toEqual([true, true, false])
  })

  it('is written down for each tag', async () => {
    const { logs } = (await api.get('/api/v1/repository/quay/bulk/logs')) as {
      logs: { kind: string; metadata: { tag?: string } }[]
    }
    const changed = logs.filter(({ kind }) => kind === 'change_tag_expiration')
    expect(changed.map(({ metadata }) => metadata.tag).sort()).toEqual(['a1', 'a2'])
  })
})
