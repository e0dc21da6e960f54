import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let root: ApiClient
let ada: Person
let auditor: Person
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay', 'second'],
        GLOBAL_READONLY_SUPER_USERS: ['auditor'],
      }),
    },
  })
  root = await server.signedIn()
  ada = await signUp(server, root, 'ada')
  auditor = await signUp(server, root, 'auditor')
  await signUp(server, root, 'second')
})
afterAll(() => server.stop())

interface Users {
  readonly users: { readonly username: string }[]
  readonly next_page?: string
}
const list = async (query = '', client = root) =>
  (await client.get(`/api/v1/superuser/users/${query}`)) as Users
const namesOf = ({ users }: Users) => users.map(({ username }) => username)

describe('the list of people', () => {
  it('is for superusers and those who read everything', async () => {
    expect(namesOf(await list())).toEqual(['quay', 'ada', 'auditor', 'second'])
    expect(namesOf(await list('', auditor.api))).toHaveLength(4)
    expect((await ada.api.request('GET', '/api/v1/superuser/users/')).status).toBe(403)
    expect((await server.api().request('GET', '/api/v1/superuser/users/')).status).toBe(401)
  })

  it('comes in pages when a limit is given', async () => {
    const first = await list('?limit=3')
    expect(first.users).toHaveLength(3)
    const second = await list(`?limit=3&next_page=${first.next_page ?? ''}`)
    expect(namesOf(second)).toEqual(['second'])
    expect(second.next_page).toBeUndefined()
    expect(namesOf(await list('?limit=3&next_page=nonsense'))).toEqual(namesOf(first))
    const tooMany = await root.request('GET', '/api/v1/superuser/users/?limit=101')
    expect(tooMany.json()).toMatchObject({ detail: 'Page limit cannot be above 100' })
  })

  it('leaves out disabled people on demand, and robots and organizations always', async () => {
    await signUp(server, root, 'idle')
    await root.put('/api/v1/superuser/users/idle', { enabled: false })
    await root.post('/api/v1/organization/', { name: 'acme', email: 'a@example.com' }, 201)
    expect(namesOf(await list())).toContain('idle')
    expect(namesOf(await list('?disabled=false'))).not.toContain('idle')
    expect(namesOf(await list())).not.toContain('acme')
  })
})

describe('an account', () => {
  it('is made with a drawn password', async () => {
    const made = (await root.post('/api/v1/superuser/users/', { username: 'bob' })) as {
      password: string
      encrypted_password: string
    }
    expect(made).toMatchObject({ username: 'bob', email: null })
    expect(made.password).toMatch(/^[A-Z0-9]{32}$/)
    await server.signedIn({ username: 'bob', password: made.password })
    const client = server.client({ username: 'bob', password: made.encrypted_password })
    expect((await client.request('GET', '/v2/')).status).toBe(200)
    const again = await root.request('POST', '/api/v1/superuser/users/', { username: 'bob' })
    expect(again.status).toBe(400)
    expect(again.json()).toEqual({ message: 'The username already exists' })
  })

  it('is shown and changed', async () => {
    const carl = await signUp(server, root, 'carl')
    const path = '/api/v1/superuser/users/carl'
    const view = {
      kind: 'user',
      name: 'carl',
      username: 'carl',
      email: 'carl@example.com',
      verified: true,
      avatar: expect.objectContaining({ name: 'carl' }) as unknown,
      super_user: false,
      global_readonly_super_user: false,
      enabled: true,
    }
    expect(await root.get(path)).toEqual(view)
    const changed = await root.put(path, { password: 'set-by-another', email: 'c@example.org' })
    expect(changed).toEqual({
      ...view,
      email: 'c@example.org',
      encrypted_password: expect.any(String) as unknown,
    })
    expect((await carl.api.request('GET', '/api/v1/user/')).status).toBe(401)
    await server.signedIn({ username: 'carl', password: 'set-by-another' })

    const refused = async (body: object) => (await root.request('PUT', path, body)).json()
    expect(await refused({ email: 'ada@example.com' })).toEqual({
      message: 'E-mail address already used',
    })
    expect(await refused({ password: 'short' })).toEqual({
      message:
        'Invalid password, password must be at least 8 characters and contain no whitespace.',
    })
  })

  it('that is unknown, an organization or a robot is not found', async () => {
    await ada.api.put('/api/v1/user/robots/ci', {}, 201)
    for (const name of ['nobody', 'acme', 'ada+ci']) {
      const path = `/api/v1/superuser/users/${encodeURIComponent(name)}`
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { enabled: false }],
        ['DELETE', undefined],
      ] as const) {
        expect((await root.request(method, path, body)).status).toBe(404)
      }
    }
  })

  it('of a superuser is nobody else’s to change', async () => {
    const path = '/api/v1/superuser/users/second'
    const change = await root.request('PUT', path, { enabled: false })
    expect(change.json()).toMatchObject({ detail: 'Cannot update a superuser' })
    const removal = await root.request('DELETE', path)
    expect(removal.json()).toMatchObject({ detail: 'Cannot delete a superuser' })
    const taking = await root.request('POST', '/api/v1/superuser/takeownership/second')
    expect(taking.json()).toMatchObject({ detail: 'Cannot take ownership of a superuser' })
  })

  it('is deleted with its images', async () => {
    const dan = await signUp(server, root, 'dan')
    await server.client(dan).pushImage('dan/gone', 'v1', createImage())
    await root.delete('/api/v1/superuser/users/dan')
    expect((await dan.api.request('GET', '/api/v1/user/')).status).toBe(401)
    expect((await root.request('GET', '/api/v1/superuser/users/dan')).status).toBe(404)
    expect(namesOf(await list())).not.toContain('dan')
  })

  it('is read only by who reads everything', async () => {
    const answer = await auditor.api.request('PUT', '/api/v1/superuser/users/ada', {
      enabled: false,
    })
    expect(answer.status).toBe(403)
  })
})

describe('an organization', () => {
  interface Organizations {
    readonly organizations: { readonly name: string; readonly email: string | null }[]
    readonly next_page?: string
  }
  const organizations = async (query = '') =>
    (await root.get(`/api/v1/superuser/organizations/${query}`)) as Organizations

  it('is listed with its address', async () => {
    await root.post('/api/v1/organization/', { name: 'beta', email: 'b@example.com' }, 201)
    const { organizations: all } = await organizations()
    expect(all).toContainEqual({
      name: 'beta',
      email: 'b@example.com',
      avatar: expect.objectContaining({ name: 'beta', kind: 'org' }) as unknown,
    })
    const page = await organizations('?limit=1')
    expect(page.organizations).toHaveLength(1)
    expect(page.next_page).toBeDefined()
  })

  it('is renamed with its repositories', async () => {
    await server.client().pushImage('beta/tools', 'v1', createImage())
    const rename = (name: string, to: string) =>
      root.request('PUT', `/api/v1/superuser/organizations/${name}`, { name: to })
    expect((await rename('beta', 'gamma')).json()).toMatchObject({ name: 'gamma' })
    expect((await server.client().getManifest('gamma/tools', 'v1')).status).toBe(200)
    expect((await rename('beta', 'x')).json()).toEqual({
      message: 'Organization does not exist: beta',
    })
    for (const name of ['ada', 'UPPER', 'acme']) {
      const answer = await rename('gamma', name)
      expect(answer.status).toBe(400)
      expect(Object.keys(answer.json() as object)).toEqual(['message'])
    }
  })

  it('is deleted', async () => {
    await root.delete('/api/v1/superuser/organizations/gamma')
    const again = await root.request('DELETE', '/api/v1/superuser/organizations/gamma')
    expect(again.status).toBe(404)
  })
})

describe('taking a namespace over', () => {
  it('makes the superuser an admin of an organization', async () => {
    await ada.api.post('/api/v1/organization/', { name: 'adas', email: 'd@example.com' }, 201)
    expect((await root.request('GET', '/api/v1/organization/adas/members')).status).toBe(403)
    expect(await root.post('/api/v1/superuser/takeownership/adas')).toEqual({ namespace: 'adas' })
    await root.get('/api/v1/organization/adas/members')
  })

  it('makes a person an organization', async () => {
    const fay = await signUp(server, root, 'fay')
    await server.client(fay).pushImage('fay/kept', 'v1', createImage())
    await root.post('/api/v1/superuser/takeownership/fay')
    expect((await fay.api.request('GET', '/api/v1/user/')).status).toBe(401)
    expect((await server.client().getManifest('fay/kept', 'v1')).status).toBe(200)
    expect((await root.request('GET', '/api/v1/superuser/users/fay')).status).toBe(404)
  })

  it('of nobody is not found', async () => {
    const answer = await root.request('POST', '/api/v1/superuser/takeownership/nobody')
    expect(answer.status).toBe(404)
  })
})
