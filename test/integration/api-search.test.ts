import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ada: ApiClient
let bob: ApiClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_MAILING: false,
        SEARCH_RESULTS_PER_PAGE: 2,
        SEARCH_MAX_RESULT_PAGE_COUNT: 2,
      }),
    },
  })
  const quay = await server.signedIn()
  const adaAccount = await signUp(server, quay, 'ada')
  ada = adaAccount.api
  bob = (await signUp(server, quay, 'bob')).api
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
  await ada.put('/api/v1/organization/acme/robots/webber', {}, 201)
  await ada.put('/api/v1/organization/acme/team/webmasters', { role: 'member' })
  await create('web', 'public', 'the front')
  await create('web-secret', 'private', '')
  await create('other', 'public', 'not called so, but about the web')
  await server.client(adaAccount).pushImage('acme/web', 'v1', createImage())
})
afterAll(() => server.stop())

const create = (repository: string, visibility: string, description: string) =>
  ada.post('/api/v1/repository', { namespace: 'acme', repository, visibility, description }, 201)
const results = async (api: ApiClient, path: string) =>
  ((await api.get(`/api/v1/${path}`)) as { results: readonly { name: string; kind: string }[] })
    .results
const names = async (api: ApiClient, path: string) =>
  (await results(api, path)).map(({ kind, name }) => `${kind} ${name}`)

describe('GET /api/v1/find/all', () => {
  it('finds what the caller sees, each with its kind', async () => {
    expect(await names(ada, 'find/all?query=web')).toEqual([
      ...['repository web', 'repository web-secret', 'repository other'],
      ...['team webmasters', 'robot acme+webber'],
    ])
    expect(await names(bob, 'find/all?query=web')).toEqual(['repository web', 'repository other'])
    expect(await names(server.api(), 'find/all?query=ac')).toEqual([
      ...['repository other', 'repository web', 'organization acme'],
    ])
    expect(await names(ada, 'find/all?query=')).toEqual([])
    expect(await names(ada, 'find/all')).toEqual([])
  })

  it('tells where each is', async () => {
    const acme = {
      ...{ kind: 'organization', title: 'org', name: 'acme', score: 1 },
      ...{ href: '/organization/acme', avatar: expect.objectContaining({ kind: 'org' }) as object },
    }
    expect(await results(ada, 'find/all?query=acme/web')).toContainEqual({
      ...{ kind: 'repository', title: 'repo', namespace: acme, name: 'web', score: 4 },
      ...{ description: 'the front', is_public: true, href: '/repository/acme/web' },
    })
    expect(await results(ada, 'find/all?query=webber')).toEqual([
      {
        ...{ kind: 'robot', title: 'robot', avatar: null, name: 'acme+webber' },
        ...{ short_name: 'webber', score: 1 },
        href: '/organization/acme?tab=robots&showRobot=acme+webber',
      },
    ])
    expect(await results(ada, 'find/all?query=webmasters')).toEqual([
      {
        ...{ kind: 'team', name: 'webmasters', organization: acme, score: 2 },
        ...{ avatar: expect.objectContaining({ kind: 'team' }) as object },
        href: '/organization/acme/teams/webmasters',
      },
    ])
    expect(await results(bob, 'find/all?query=bob')).toMatchObject([
      { kind: 'user', title: 'user', name: 'bob', href: '/user/bob', score: 1 },
    ])
  })
})

describe('GET /api/v1/find/repositories', () => {
  it('pages, up to the last page', async () => {
    const first = await ada.get('/api/v1/find/repositories?query=web')
    expect(first).toMatchObject({ has_additional: true, page: 1, page_size: 2, start_index: 0 })
    const second = await ada.get('/api/v1/find/repositories?query=web&page=2')
    expect(second).toMatchObject({ has_additional: false, page: 2, start_index: 2 })
    expect(await ada.get('/api/v1/find/repositories?query=web&page=9')).toEqual(second)
    expect(await ada.get('/api/v1/find/repositories?query=web&page=0')).toEqual(first)
    expect(await ada.get('/api/v1/find/repositories?query=web&page=x', 400)).toHaveProperty(
      'message.page',
    )
    expect(
      [first, second].flatMap((page) => (page as { results: object[] }).results),
    ).toMatchObject([
      { name: 'web', score: 4 },
      { name: 'web-secret', score: 4 },
      { name: 'other', score: 4 },
    ])
  })

  it('tells of the use where that is asked for', async () => {
    await bob.post('/api/v1/user/starred', { namespace: 'acme', repository: 'web' }, 201)
    const [web, other] = await results(bob, 'find/repositories?query=web&includeUsage=true')
    expect(web).toMatchObject({
      ...{ name: 'web', stars: 1, popularity: expect.any(Number) as number },
      last_modified: expect.any(Number) as number,
    })
    expect(other).toMatchObject({ name: 'other', stars: 0, last_modified: null })
    expect((await results(bob, 'find/repositories?query=web'))[0]).not.toHaveProperty('stars')
  })

  it('lists what is visible without a query', async () => {
    expect(await names(server.api(), 'find/repositories')).toHaveLength(2)
  })

  it.each(['"', '%', "';--", '*', 'a OR b', '🙂', '(((', 'NEAR/2'])(
    'takes %j as text',
    async (query) => {
      const text = encodeURIComponent(query)
      for (const path of ['find/repositories', 'find/all']) {
        for (const more of ['', 'abc']) {
          const answer = await ada.request('GET', `/api/v1/${path}?query=${text}${more}`)
          expect([path, answer.status]).toEqual([path, 200])
        }
      }
    },
  )
})

describe('GET /api/v1/entities/{prefix}', () => {
  it('finds people for everybody, teams and robots for members', async () => {
    expect(await results(server.api(), 'entities/Ad%20a')).toMatchObject([
      { name: 'ada', kind: 'user', is_robot: false },
    ])
    expect(await results(ada, 'entities/web?namespace=acme&includeTeams=true')).toEqual([
      {
        ...{ name: 'webmasters', kind: 'team', is_org_member: true },
        avatar: expect.objectContaining({ kind: 'team' }) as object,
      },
      {
        ...{ name: 'acme+webber', kind: 'user', is_robot: true, is_org_member: true },
        avatar: expect.objectContaining({ kind: 'robot' }) as object,
      },
    ])
    expect(await names(bob, 'entities/web?namespace=acme&includeTeams=true')).toEqual([])
    expect(await results(ada, 'entities/a?namespace=acme&includeOrgs=true')).toMatchObject([
      { name: 'ada', is_org_member: true },
      { name: 'acme', kind: 'org', is_org_member: true },
    ])
  })
})

describe('POST /api/v1/entities/link/{username}', () => {
  it('is not there where accounts come from no directory', async () => {
    const answer = await ada.request('POST', '/api/v1/entities/link/ada')
    expect([answer.status, Object.keys(answer.json() as object)]).toEqual([404, ['message']])
  })
})
