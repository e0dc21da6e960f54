import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage, createIndex } from '../support/content.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Listed {
  readonly repositories: readonly { readonly name: string; readonly namespace: string }[]
  readonly next_page?: string
}

let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient
let auditor: ApiClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        GLOBAL_READONLY_SUPER_USERS: ['auditor'],
        FEATURE_RESTRICTED_USERS: true,
        RESTRICTED_USERS_WHITELIST: ['quay', 'ada', 'bob', 'auditor', 'pusher', 'pager', 'shower'],
        FEATURE_REPO_MIRROR: true,
        FEATURE_MAILING: false,
      }),
    },
  })
  quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = (await signUp(server, quay, 'bob')).api
  auditor = (await signUp(server, quay, 'auditor')).api
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
})
afterAll(() => server.stop())

const create = (
  api: ApiClient,
  namespace: string | undefined,
  repository: string,
  more: object = {},
) =>
  api.request('POST', '/api/v1/repository', {
    ...(namespace !== undefined && { namespace }),
    ...{ repository, visibility: 'private', description: '', ...more },
  })
const names = (listed: unknown) =>
  (listed as Listed).repositories.map(({ namespace, name }) => `${namespace}/${name}`)
const strip = (body: unknown) => {
  const { error_message } = body as { error_message?: string }
  return error_message ?? body
}

describe('POST /api/v1/repository', () => {
  it("creates a repository in the caller's namespace, or in one that it may create in", async () => {
    const own = await create(ada, undefined, 'own')
    expect([own.status, own.json()]).toEqual([
      201,
      { namespace: 'ada', name: 'own', kind: 'image' },
    ])
    const deep = await create(ada, 'acme', 'deep/er', { repo_kind: null })
    expect(deep.json()).toEqual({ namespace: 'acme', name: 'deep/er', kind: 'image' })
  })

  it.each([
    ['a namespace of somebody else', 'ada'],
    ['an organization without a role in it', 'acme'],
    ['a namespace that is not there', 'nowhere'],
  ])('is refused for %s', async (_what, namespace) => {
    const answer = await create(bob, namespace, 'mine')
    expect([answer.status, strip(answer.json())]).toEqual([403, 'Unauthorized'])
  })

  it('is for whoever is logged in', async () => {
    const stranger = server.api()
    await stranger.fetchCsrfToken()
    expect((await create(stranger, 'ada', 'x')).status).toBe(401)
    const without = await create(stranger, undefined, 'x')
    expect([without.status, strip(without.json())]).toEqual([
      400,
      'Must provide a namespace or must be logged in.',
    ])
  })

  it.each(['Upper', '-dash', 'a//b', 'tag', ' ', `x${'y'.repeat(300)}`, '../ada'])(
    'does not take the name %j',
    async (name) => {
      const answer = await create(ada, 'ada', name)
      expect([answer.status, strip(answer.json())]).toEqual([400, 'Invalid repository name'])
    },
  )

  it('says that a name is taken, to those who may create', async () => {
    await create(ada, 'ada', 'twice')
    const again = await create(ada, 'ada', 'twice')
    expect([again.status, strip(again.json())]).toEqual([400, 'Repository already exists'])
    expect((await create(bob, 'ada', 'twice')).status).toBe(403)
  })

  it('names what is wrong with a body', async () => {
    const answer = await create(ada, 'ada', 'shown', { visibility: 'secret' })
    expect([answer.status, strip(answer.json())]).toEqual([
      400,
      "'secret' is not one of ['public', 'private']",
    ])
  })

  it('is not for restricted people at home', async () => {
    const carl = await signUp(server, quay, 'carl')
    expect((await create(carl.api, 'carl', 'x')).status).toBe(403)
  })
})

describe('GET /api/v1/repository', () => {
  beforeAll(async () => {
    await create(ada, 'acme', 'listed-1', { visibility: 'public', description: 'first' })
    await create(ada, 'acme', 'listed-2')
    await ada.put('/api/v1/repository/acme/listed-2/permissions/user/bob', { role: 'read' })
  })

  it('wants to know what to list', async () => {
    expect(strip(await ada.get('/api/v1/repository', 400))).toBe(
      'namespace, starred or public are required for this API call',
    )
    expect(await server.api().get('/api/v1/repository?starred=true', 400)).toHaveProperty('message')
  })

  it('lists what the caller has a right to, and public ones where they are wanted', async () => {
    expect(names(await bob.get('/api/v1/repository?namespace=acme'))).toEqual(['acme/listed-2'])
    expect(names(await bob.get('/api/v1/repository?namespace=acme&public=true'))).toEqual([
      ...['acme/listed-1', 'acme/listed-2'],
    ])
    const stranger = server.api()
    expect(names(await stranger.get('/api/v1/repository?public=true'))).toEqual(['acme/listed-1'])
    expect(names(await stranger.get('/api/v1/repository?namespace=acme'))).toEqual([])
    expect(names(await bob.get('/api/v1/repository?namespace=nowhere'))).toEqual([])
    expect(names(await quay.get('/api/v1/repository?namespace=acme'))).toEqual([])
    expect(names(await auditor.get('/api/v1/repository?namespace=acme'))).toContain('acme/deep/er')
  })

  it('tells what is asked for', async () => {
    const pusher = await signUp(server, quay, 'pusher')
    await server.client(pusher).pushImage('pusher/app', 'v1', createImage())
    const query = '?namespace=pusher&last_modified=true&popularity=true'
    const { repositories } = (await pusher.api.get(`/api/v1/repository${query}`)) as {
      repositories: readonly unknown[]
    }
    expect(repositories).toEqual([
      {
        ...{ namespace: 'pusher', name: 'app', description: null, is_public: false },
        ...{ kind: 'image', state: 'NORMAL', popularity: 0, is_starred: false },
        last_modified: expect.closeTo(Date.now() / 1000, -2) as number,
      },
    ])
    const empty = await bob.get('/api/v1/repository?namespace=acme&last_modified=true')
    expect(empty).toMatchObject({ repositories: [{ last_modified: null }] })
    const none = await ada.get('/api/v1/repository?namespace=acme&repo_kind=application')
    expect(names(none)).toEqual([])
  })

  it('goes on where the page ended', async () => {
    const page = (await signUp(server, quay, 'pager')).api
    const made = Array.from({ length: 103 }, (_, at) => `r${String(at)}`)
    for (const name of made) await create(page, 'pager', name)
    for (const query of ['namespace=pager', 'public=true&namespace=pager']) {
      const first = (await page.get(`/api/v1/repository?${query}`)) as Listed
      expect(first.repositories).toHaveLength(100)
      const token = encodeURIComponent(first.next_page ?? '')
      const second = (await page.get(`/api/v1/repository?${query}&next_page=${token}`)) as Listed
      expect(second.next_page).toBeUndefined()
      expect([...names(first), ...names(second)]).toEqual(made.map((name) => `pager/${name}`))
    }
    const broken = (await page.get('/api/v1/repository?namespace=pager&next_page=broken')) as Listed
    expect(broken.repositories[0]?.name).toBe('r0')
  })
})

describe('one repository', () => {
  it('is shown with its tags, its state and what the caller may do', async () => {
    const shower = await signUp(server, quay, 'shower')
    const registry = server.client(shower)
    const { api } = shower
    const image = createImage()
    const digest = await registry.pushImage('shower/app', 'v1', image)
    await registry.putManifest(
      'shower/app',
      'all',
      createIndex([{ manifest: image.manifest, platform: { os: 'linux', architecture: 'amd64' } }]),
    )
    const shown = (await api.get('/api/v1/repository/shower/app')) as Record<string, unknown>
    expect(shown).toMatchObject({
      ...{ namespace: 'shower', name: 'app', kind: 'image', description: null, is_public: false },
      ...{ is_organization: false, is_starred: false, trust_enabled: false, state: 'NORMAL' },
      ...{ tag_expiration_s: 1_209_600, is_free_account: true, can_write: true, can_admin: true },
      tags: {
        v1: { name: 'v1', manifest_digest: digest, size: expect.any(Number) as number },
        all: { name: 'all', size: null },
      },
    })
    expect(shown['status_token']).toMatch(/^[0-9a-f]{32}$/)
    expect(shown).not.toHaveProperty('stats')
    const again = (await api.get('/api/v1/repository/shower/app?includeTags=false')) as object
    expect(again).not.toHaveProperty('tags')
    expect(again).toMatchObject({ status_token: shown['status_token'] })
    const { stats } = (await api.get('/api/v1/repository/shower/app?includeStats=true')) as {
      stats: readonly { date: string; count: number }[]
    }
    expect(new Set(stats.map(({ date }) => date)).size).toBe(92)
  })

  it('is the same to strangers whether it is there or not', async () => {
    for (const path of ['ada/own', 'ada/not-there', 'nowhere/at-all']) {
      await bob.get(`/api/v1/repository/${path}`, 403)
      await server.api().get(`/api/v1/repository/${path}`, 401)
    }
    await ada.get('/api/v1/repository/ada/not-there', 404)
    await auditor.get('/api/v1/repository/nowhere/at-all', 404)
  })

  it('is read, not changed, by a global reader', async () => {
    const shown = await auditor.get('/api/v1/repository/ada/own')
    expect(shown).toMatchObject({ can_write: false, can_admin: true })
    await auditor.put('/api/v1/repository/ada/own', { description: 'x' }, 403)
  })

  it('gets another description from whoever may write', async () => {
    await create(ada, 'acme', 'told')
    const path = '/api/v1/repository/acme/told'
    await ada.put(`${path}/permissions/user/bob`, { role: 'write' })
    expect(await bob.put(path, { description: '# Hello' })).toEqual({ success: true })
    expect(await ada.get(path)).toMatchObject({ description: '# Hello' })
    await bob.post(`${path}/changevisibility`, { visibility: 'public' }, 403)
    await bob.delete(path, 403)
  })

  it('becomes public and private again', async () => {
    await create(ada, 'acme', 'opened')
    const path = '/api/v1/repository/acme/opened'
    const stranger = server.api()
    expect(await ada.post(`${path}/changevisibility`, { visibility: 'public' })).toEqual({
      success: true,
    })
    expect(await stranger.get(path)).toMatchObject({
      ...{ is_public: true, status_token: '', can_write: false, can_admin: false },
    })
    await ada.post(`${path}/changevisibility`, { visibility: 'private' })
    await stranger.get(path, 401)
    const missing = '/api/v1/repository/acme/missing/changevisibility'
    expect(await ada.post(missing, { visibility: 'public' })).toBeNull()
    await bob.post(missing, { visibility: 'public' }, 403)
  })

  it('takes no push in another state', async () => {
    await create(ada, 'acme', 'stated')
    const path = '/api/v1/repository/acme/stated'
    expect(await ada.put(`${path}/changestate`, { state: 'READ_ONLY' })).toEqual({ success: true })
    expect(await ada.get(path)).toMatchObject({ state: 'READ_ONLY', can_write: false })
    const wrong = await ada.request('PUT', `${path}/changestate`, { state: 'ORG_MIRROR' })
    expect(wrong.status).toBe(400)
    await ada.put(`${path}/changestate`, { state: 'NORMAL' })
    expect(await ada.get(path)).toMatchObject({ state: 'NORMAL', can_write: true })
  })

  it('is gone at once when it is deleted, and its name is free', async () => {
    await create(ada, 'acme', 'short-lived', { visibility: 'public' })
    await ada.delete('/api/v1/repository/acme/short-lived')
    await ada.get('/api/v1/repository/acme/short-lived', 404)
    expect(names(await bob.get('/api/v1/repository?public=true'))).not.toContain('acme/short-lived')
    expect((await create(ada, 'acme', 'short-lived')).status).toBe(201)
  })
})

describe('access tokens of repositories', () => {
  it('are gone, which only admins are told', async () => {
    const path = '/api/v1/repository/ada/own/tokens/'
    const handling = { message: 'Handling of access tokens is no longer supported' }
    expect(await ada.get(path, 410)).toEqual(handling)
    expect(await ada.post(path, undefined, 410)).toEqual({
      message: 'Creation of access tokens is no longer supported',
    })
    expect(await ada.get(`${path}code`, 410)).toEqual(handling)
    expect(await ada.put(`${path}code`, undefined, 410)).toEqual(handling)
    expect(await ada.delete(`${path}code`, 410)).toEqual(handling)
    await bob.get(path, 403)
  })
})
