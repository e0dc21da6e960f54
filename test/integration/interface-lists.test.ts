import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Row = Readonly<Record<string, unknown>>
interface Page {
  readonly items: readonly Row[]
  readonly total: number
  readonly total_capped: boolean
  readonly next_page?: string
}

let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient
let eve: ApiClient

const base = '/api/v1/mooring'
const org = '/api/v1/organization/acme'
const list = async (api: ApiClient, path: string) => (await api.get(`${base}/${path}`)) as Page
const column = ({ items }: Page, name: string) => items.map((item) => item[name])
const fullNames = ({ items }: Page) =>
  items.map(({ namespace, name }) => `${String(namespace)}/${String(name)}`)
const image = createImage({ labels: { 'org.example.team': 'harbour' } })

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_QUOTA_MANAGEMENT: true,
        FEATURE_EDIT_QUOTA: true,
        FEATURE_PARTIAL_USER_AUTOCOMPLETE: true,
      }),
    },
  })
  quay = await server.signedIn()
  const person = await signUp(server, quay, 'ada')
  ada = person.api
  bob = (await signUp(server, quay, 'bob')).api
  eve = (await signUp(server, quay, 'eve')).api
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
  const create = (namespace: string, repository: string, visibility: string) =>
    ada.post(
      '/api/v1/repository',
      { namespace, repository, visibility, description: `\nThe ${repository}\nand more` },
      201,
    )
  for (const name of ['web-10', 'web-9', 'api']) await create('acme', name, 'private')
  await create('ada', 'open', 'public')
  await server.client(person).pushImage('acme/web-9', 'v1.0', image)
  await ada.post('/api/v1/user/starred', { namespace: 'acme', repository: 'api' }, 201)
  for (const [team, role] of [
    ['dev', 'member'],
    ['ops', 'creator'],
  ]) {
    await ada.put(`${org}/team/${team ?? ''}`, { role })
  }
  await ada.put(`${org}/team/dev/members/bob`)
  await ada.put(`${org}/robots/ci`, { description: 'builds' }, 201)
  await ada.put(`${org}/robots/deploy`, undefined, 201)
  await ada.put(`${org}/team/dev/members/acme+ci`)
  const grants = '/api/v1/repository/acme/web-9/permissions'
  for (const name of ['bob', 'acme+ci', 'eve']) {
    await ada.put(`${grants}/user/${name}`, { role: 'read' })
  }
  await ada.put(`${grants}/team/dev`, { role: 'write' })
  await ada.post(`${org}/prototypes`, { role: 'read', delegate: { kind: 'team', name: 'ops' } })
  await ada.post(`${org}/prototypes`, {
    ...{ role: 'write', delegate: { kind: 'user', name: 'bob' } },
    activating_user: { name: 'ada' },
  })
})
afterAll(() => server.stop())

describe('the repositories that somebody sees', () => {
  it('are those of the same rights as everywhere, and no others are counted', async () => {
    const sorted = 'repositories?sort=name'
    expect(fullNames(await list(ada, sorted))).toEqual([
      ...['acme/api', 'acme/web-9', 'acme/web-10', 'ada/open'],
    ])
    expect(fullNames(await list(eve, sorted))).toEqual(['acme/web-9', 'ada/open'])
    expect(fullNames(await list(server.api(), sorted))).toEqual(['ada/open'])
    expect((await list(eve, sorted)).total).toBe(2)
    expect((await list(eve, 'repositories?search=api')).total).toBe(0)
    expect(fullNames(await list(eve, 'repositories?namespace=acme'))).toEqual(['acme/web-9'])
  })

  it('are the last changed first, as a rule', async () => {
    const page = await list(ada, 'repositories?namespace=acme')
    expect(page.items[0]).toMatchObject({
      ...{ namespace: 'acme', name: 'web-9', description: 'The web-9', visibility: 'private' },
      ...{ state: 'NORMAL', role: 'admin', is_starred: false },
      last_modified: expect.any(String) as string,
      size_bytes: expect.any(Number) as number,
    })
    expect(column(page, 'last_modified').slice(1)).toEqual([null, null])
  })

  it('are narrowed by what they are', async () => {
    expect(fullNames(await list(ada, 'repositories?visibility=public'))).toEqual(['ada/open'])
    expect(fullNames(await list(ada, 'repositories?starred=true'))).toEqual(['acme/api'])
    expect(fullNames(await list(ada, 'repositories?search=WEB&sort=name'))).toEqual([
      ...['acme/web-9', 'acme/web-10'],
    ])
    expect((await list(ada, 'repositories?state=READ_ONLY')).total).toBe(0)
    expect((await list(ada, 'repositories?namespace=none')).total).toBe(0)
  })

  it('go on behind the last one of a page', async () => {
    const first = await list(ada, 'repositories?sort=name&order=desc&limit=3')
    const rest = `repositories?sort=name&order=desc&limit=3&page_token=${first.next_page ?? ''}`
    expect(fullNames(await list(ada, rest))).toEqual(['acme/api'])
    expect(first.total).toBe(4)
  })

  it('are changed together by whoever administers each', async () => {
    const change = (api: ApiClient, action: string, repositories: readonly string[]) =>
      api.post(`${base}/repositories/bulk`, { action, repositories })
    const names = ['acme/api', 'ada/open', 'none/none']
    expect(await change(eve, 'delete', names)).toMatchObject({
      results: [{ status: 403 }, { status: 403 }, { status: 403 }],
    })
    expect(await change(ada, 'make_public', ['acme/api', 'ada/gone'])).toMatchObject({
      results: [
        { name: 'acme/api', ok: true },
        { ok: false, status: 404, message: 'Not Found' },
      ],
    })
    expect(fullNames(await list(eve, 'repositories?search=api'))).toEqual(['acme/api'])
    await change(ada, 'make_private', ['acme/api'])
    expect((await list(eve, 'repositories?search=api')).total).toBe(0)
  })
})

describe('the namespaces that somebody may know of', () => {
  it('are the own one and the organizations of the teams', async () => {
    const page = await list(bob, 'namespaces')
    expect(column(page, 'name')).toEqual(['acme', 'bob'])
    expect(page.items[0]).toMatchObject({
      ...{ kind: 'organization', role: 'member', is_own: false },
      ...{ repositories: 3, teams: 3, members: 2, robots: 2 },
      last_modified: expect.any(String) as string,
    })
    expect(page.items[0]).not.toHaveProperty('email')
  })

  it('are all for superusers, with what only they may know', async () => {
    const page = await list(quay, 'namespaces?kind=user')
    expect(column(page, 'name')).toEqual(['ada', 'bob', 'eve', 'quay'])
    expect(page.items[0]).toMatchObject({ email: 'ada@example.com', enabled: true, teams: null })
    expect(column(await list(quay, 'namespaces?search=AC'), 'name')).toEqual(['acme'])
    const counted = await list(quay, 'namespaces?sort=repositories&limit=2')
    expect(column(counted, 'name')).toEqual(['acme', 'ada'])
  })
})

describe('who has to do with an organization', () => {
  const rows = (api: ApiClient, path: string) => list(api, `organization/acme/${path}`)

  it('are its teams', async () => {
    const page = await rows(ada, 'teams?sort=members')
    expect(column(page, 'name')).toEqual(['dev', 'owners', 'ops'])
    expect(page.items[0]).toMatchObject({ members: 2, repositories: 1, can_view: true })
    expect(column(await rows(bob, 'teams?sort=name'), 'can_view')).toEqual([true, false, false])
    expect(column(await rows(ada, 'teams?role=creator'), 'name')).toEqual(['ops'])
  })

  it('are its members and collaborators', async () => {
    const members = await rows(ada, 'members')
    expect(column(members, 'name')).toEqual(['ada', 'bob'])
    expect(members.items[1]).toMatchObject({
      ...{ repositories: 1, repository_names: ['web-9'], teams: [{ name: 'dev' }] },
    })
    expect(column(await rows(ada, 'members?team=owners'), 'name')).toEqual(['ada'])
    expect((await rows(ada, 'collaborators')).items).toMatchObject([
      { name: 'eve', repositories: 1, repository_names: ['web-9'] },
    ])
    expect((await bob.request('GET', `${base}/organization/acme/members`)).status).toBe(403)
  })

  it('are its robots, without their tokens', async () => {
    const page = await rows(ada, 'robots?sort=repositories')
    expect(page.items).toMatchObject([
      { name: 'acme+ci', description: 'builds', teams: 1, repositories: 1, last_accessed: null },
      { name: 'acme+deploy', teams: 0, repositories: 0 },
    ])
    expect(page.items[0]).not.toHaveProperty('token')
    // What stands before the plus sign is no part of the name.
    expect((await rows(ada, 'robots?search=acme')).total).toBe(0)
    expect((await list(ada, 'user/robots')).items).toEqual([])
  })

  it('are named by its default permissions', async () => {
    const page = await rows(ada, 'prototypes?sort=creator&order=desc')
    expect(page.items).toMatchObject([
      { activating_user: { name: 'ada' }, delegate: { name: 'bob', kind: 'user' } },
      { activating_user: null, delegate: { name: 'ops', kind: 'team' } },
    ])
    expect(column(await rows(ada, 'prototypes?search=BOB'), 'role')).toEqual(['write'])
  })
})

describe('the search of everything', () => {
  const search = async (api: ApiClient, q: string) =>
    (await api.get(`${base}/search?q=${encodeURIComponent(q)}`)) as Record<string, Row[]>

  it('finds a few of each kind', async () => {
    expect(await search(ada, 'web')).toMatchObject({
      repositories: [{ name: 'acme/web-10' }, { name: 'acme/web-9' }],
    })
    const found = await search(ada, 'ac')
    expect(found['organizations']).toMatchObject([{ name: 'acme' }])
    expect((await search(ada, 'de'))['teams']).toMatchObject([{ name: 'dev' }])
    expect((await search(ada, 'dep'))['robots']).toMatchObject([{ name: 'acme+deploy' }])
    expect((await search(ada, 'ev'))['users']).toMatchObject([{ name: 'eve' }])
  })

  it('finds tags, digests and labels', async () => {
    const tag = { repository: 'acme/web-9', digest: image.manifest.digest }
    expect((await search(ada, 'v1'))['tags']).toEqual([{ ...tag, name: 'v1.0' }])
    expect((await search(ada, 'acme/web-9:v'))['tags']).toEqual([{ ...tag, name: 'v1.0' }])
    const [hex = ''] = image.manifest.digest.slice(7, 20).split(' ')
    expect((await search(ada, hex))['digests']).toMatchObject([{ ...tag, tags: ['v1.0'] }])
    expect((await search(ada, 'org.example.team=harbour'))['labels']).toEqual([
      { ...tag, key: 'org.example.team', value: 'harbour' },
    ])
  })

  it('shows nobody what they may not see', async () => {
    const stranger = server.api()
    for (const q of ['v1', 'web', image.manifest.digest, 'org.example.team', 'acme/web-9:v1']) {
      expect(await search(stranger, q)).toMatchObject({
        ...{ repositories: [], tags: [], digests: [], labels: [], robots: [], teams: [] },
      })
    }
  })

  it('finds nothing without a text', async () => {
    expect((await search(ada, ' '))['repositories']).toEqual([])
  })
})

describe('the logs', () => {
  const logs = async (api: ApiClient, path: string) =>
    (await api.get(`${base}/${path}`)) as Page & { readonly is_partial: boolean }

  it('are filtered by kind, by who acted, by repository, and by what they tell', async () => {
    const of = (query: string) => logs(ada, `organization/acme/logs?limit=100&${query}`)
    expect(column(await of('kinds=org_create_team,create_robot'), 'kind').toSorted()).toEqual([
      ...['create_robot', 'create_robot', 'org_create_team', 'org_create_team'],
    ])
    expect((await of('performer=bob')).items).toEqual([])
    expect(column(await of('repository=acme/web-9&search=V1.0'), 'kind')).toContain('push_repo')
    expect((await of('repository=ada/open')).items).toEqual([])
    expect((await of('ip=203.0.113')).items).toEqual([])
    expect((await of('search=deploy')).items).toMatchObject([{ kind: 'create_robot' }])
    expect((await ada.request('GET', `${base}/user/logs?from=never`)).status).toBe(400)
  })

  it('go on behind the last one of a page', async () => {
    const path = 'repository/acme/web-9/logs?limit=2'
    const first = await logs(ada, path)
    const second = await logs(ada, `${path}&page_token=${first.next_page ?? ''}`)
    expect(first.items).toHaveLength(2)
    expect(second.items.length).toBeGreaterThan(0)
    expect(second.items).not.toContainEqual(first.items[1])
    expect(first.items[0]).toMatchObject({ repository: 'acme/web-9' })
  })

  it('are shown to nobody else', async () => {
    for (const path of ['organization/acme/logs', 'repository/acme/web-9/logs/download', 'logs']) {
      expect([path, (await eve.request('GET', `${base}/${path}`)).status]).toEqual([path, 403])
    }
  })

  it('are downloaded as a table and as lines of JSON', async () => {
    const path = `${base}/logs/download?kinds=org_create_team`
    const csv = await quay.request('GET', path)
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="logs.csv"',
    })
    const [head, ...lines] = csv.text().trimEnd().split('\r\n')
    expect(head).toBe('datetime,kind,namespace,repository,performer,ip,metadata')
    expect(lines).toHaveLength(2)
    const jsonl = (await quay.request('GET', `${path}&format=jsonl`)).text().trimEnd().split('\n')
    expect(jsonl.map((line) => JSON.parse(line) as Row)).toMatchObject([
      { kind: 'org_create_team', namespace: 'acme', performer: 'ada', metadata: { team: 'dev' } },
      { kind: 'org_create_team', namespace: 'acme', performer: 'ada', metadata: { team: 'ops' } },
    ])
  })
})
