import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient
let eve: ApiClient
let auditor: ApiClient
let limited: ApiClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        GLOBAL_READONLY_SUPER_USERS: ['auditor'],
        FEATURE_SUPERUSERS_FULL_ACCESS: true,
        FEATURE_RESTRICTED_USERS: true,
        RESTRICTED_USERS_WHITELIST: ['ada', 'bob', 'eve', 'auditor'],
        TAG_EXPIRATION_OPTIONS: ['0s', '1d', '2w'],
      }),
    },
  })
  quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = (await signUp(server, quay, 'bob')).api
  eve = (await signUp(server, quay, 'eve')).api
  auditor = (await signUp(server, quay, 'auditor')).api
  limited = (await signUp(server, quay, 'limited')).api
  await ada.post('/api/v1/organization/', { name: 'acme', email: 'ops@acme.io' }, 201)
  await ada.put('/api/v1/organization/acme/team/dev', { role: 'creator', description: '# dev' })
  await ada.put('/api/v1/organization/acme/team/dev/members/bob')
})
afterAll(() => server.stop())

const create = (api: ApiClient, body: object) => api.request('POST', '/api/v1/organization/', body)
const detailOf = (answer: { status: number; json(): unknown }) => [
  answer.status,
  (answer.json() as { detail?: string; message?: string }).detail ??
    (answer.json() as { message?: string }).message,
]

describe('POST /api/v1/organization/', () => {
  it('makes the caller its owner', async () => {
    const answer = await create(bob, { name: 'bobs' })
    expect([answer.status, answer.json()]).toEqual([201, 'Created'])
    expect(await bob.get('/api/v1/organization/bobs')).toMatchObject({
      ...{ name: 'bobs', email: '', is_admin: true, ordered_teams: ['owners'] },
    })
    expect(await bob.get('/api/v1/organization/bobs/team/owners/members')).toMatchObject({
      members: [{ name: 'bob' }],
    })
  })

  it.each([
    [{ name: 'acme' }, 'A user or organization with this name already exists'],
    [{ name: 'bob' }, 'A user or organization with this name already exists'],
    [
      { name: 'x' },
      'Invalid namespace x: Namespace must be between 2 and 255 characters in length',
    ],
    [
      { name: 'Big' },
      'Invalid namespace Big: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$',
    ],
    [{ name: 'fresh', email: 'nowhere' }, 'Invalid email address: nowhere'],
    [{ name: 'fresh', email: 'bob@example.com' }, 'Email has already been used: bob@example.com'],
    [{ name: 'api' }, 'Invalid namespace api: this name is reserved'],
    [{}, "'name' is a required property"],
  ])('refuses %j', async (body, detail) => {
    expect(detailOf(await create(ada, body))).toEqual([400, detail])
  })

  it('lets organizations share an address, and prefers contact_email', async () => {
    const address = { email: 'nowhere', contact_email: 'ops@acme.io' }
    await ada.post('/api/v1/organization/', { name: 'sister', ...address }, 201)
    expect(await ada.get('/api/v1/organization/sister')).toMatchObject({ email: 'ops@acme.io' })
  })

  it('is not for strangers nor for restricted people', async () => {
    expect((await create(limited, { name: 'fresh' })).status).toBe(403)
    const stranger = server.api()
    await stranger.fetchCsrfToken()
    expect((await create(stranger, { name: 'fresh' })).status).toBe(401)
  })
})

describe('GET /api/v1/organization/{orgname}', () => {
  const get = (api: ApiClient) => api.get('/api/v1/organization/acme')
  const outside = { name: 'acme', email: '', is_admin: false, is_member: false }

  it('tells everybody little', async () => {
    for (const api of [server.api(), eve]) {
      const { avatar, ...rest } = (await get(api)) as { avatar: unknown }
      expect(rest).toEqual(outside)
      expect(avatar).toMatchObject({ name: 'acme', kind: 'user' })
    }
  })

  it('shows members the teams, and which of them they may look into', async () => {
    const seen = await get(bob)
    expect(seen).toMatchObject({
      ...{ ...outside, is_member: true, ordered_teams: ['owners', 'dev'] },
      teams: {
        owners: { role: 'admin', can_view: false, member_count: 1, is_synced: false },
        dev: {
          ...{ name: 'dev', description: '# dev', role: 'creator', can_view: true },
          ...{ repo_count: 0, member_count: 1, avatar: { kind: 'team', name: 'dev' } },
        },
      },
    })
    expect(seen).not.toHaveProperty('tag_expiration_s')
  })

  it('shows everything to admins, and to superusers who may', async () => {
    for (const api of [ada, quay, auditor]) {
      expect(await get(api)).toMatchObject({
        ...{ email: 'ops@acme.io', is_admin: true, is_member: true, is_free_account: true },
        ...{ invoice_email: false, invoice_email_address: null, tag_expiration_s: 1_209_600 },
        teams: { owners: { can_view: true } },
      })
    }
  })

  it('knows no people and no strangers', async () => {
    for (const name of ['bob', 'nobody', 'ada+x']) {
      expect((await eve.request('GET', `/api/v1/organization/${name}`)).status).toBe(404)
    }
  })
})

describe('PUT /api/v1/organization/{orgname}', () => {
  const put = (api: ApiClient, body: object) =>
    api.request('PUT', '/api/v1/organization/bobs', body)

  it('changes what it names, and nothing else', async () => {
    const changed = await bob.put('/api/v1/organization/bobs', {
      ...{ contact_email: 'new@bobs.io', invoice_email: true, tag_expiration_s: 86_400 },
    })
    expect(changed).toMatchObject({
      ...{ email: 'new@bobs.io', invoice_email: true, tag_expiration_s: 86_400 },
      invoice_email_address: null,
    })
    expect(await bob.put('/api/v1/organization/bobs', {})).toEqual(changed)
    expect(await bob.put('/api/v1/organization/bobs', { contact_email: null })).toMatchObject({
      ...{ email: '', tag_expiration_s: 86_400 },
    })
  })

  it.each([
    [{ email: 'nowhere' }, 'Invalid email address'],
    [{ email: 'eve@example.com' }, 'Email has already been used: eve@example.com'],
    [{ tag_expiration_s: 5 }, 'Invalid tag expiration option'],
    [{ tag_expiration_s: -1 }, '-1 is less than the minimum of 0'],
    [{ invoice_email: 'yes' }, "'yes' is not of type 'boolean'"],
  ])('refuses %j', async (body, detail) => {
    expect(detailOf(await put(bob, body))).toEqual([400, detail])
  })

  it('is for its admins', async () => {
    expect((await put(auditor, {})).status).toBe(403)
    expect((await put(ada, {})).status).toBe(403)
    expect((await put(quay, {})).status).toBe(200)
  })
})

describe('DELETE /api/v1/organization/{orgname}', () => {
  it('is for its admins; the name stays taken', async () => {
    await eve.post('/api/v1/organization/', { name: 'short-lived' }, 201)
    const remove = (api: ApiClient) => api.request('DELETE', '/api/v1/organization/short-lived')
    expect((await remove(bob)).status).toBe(403)
    expect((await remove(eve)).status).toBe(204)
    expect((await eve.request('GET', '/api/v1/organization/short-lived')).status).toBe(404)
    expect(detailOf(await create(eve, { name: 'short-lived' }))).toEqual([
      400,
      'Username is not available',
    ])
  })
})

it('lists collaborators: who has grants, but no team', async () => {
  const repository = {
    namespace: 'acme',
    repository: 'web',
    visibility: 'private',
    description: '',
  }
  await ada.post('/api/v1/repository', repository, 201)
  for (const name of ['bob', 'eve']) {
    await ada.put(`/api/v1/repository/acme/web/permissions/user/${name}`, { role: 'read' })
  }
  const path = '/api/v1/organization/acme/collaborators'
  expect(await ada.get(path)).toMatchObject({
    collaborators: [{ kind: 'user', name: 'eve', repositories: ['web'] }],
  })
  expect(await auditor.get(path)).toEqual(await ada.get(path))
  expect((await bob.request('GET', path)).status).toBe(403)
})
