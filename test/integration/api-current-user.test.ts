import Sqlite from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import type { ApiClient } from '../support/api-client.ts'
import { until } from '../support/until.ts'

let server: TestServer
let root: ApiClient
let ada: Person
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay', 'admiral'],
        FEATURE_USER_RENAME: true,
        FEATURE_NAMESPACE_GARBAGE_COLLECTION: false,
        FEATURE_USER_METADATA: true,
        PUBLIC_NAMESPACES: ['commons'],
      }),
    },
  })
  root = await server.signedIn()
  ada = await signUp(server, root, 'ada')
  await root.post('/api/v1/organization/', { name: 'commons', email: 'c@example.com' }, 201)
})
afterAll(() => server.stop())

interface UserBody {
  readonly username: string
  readonly prompts: string[]
  readonly organizations: { readonly name: string }[]
}
const me = async (client: ApiClient) => (await client.get('/api/v1/user/')) as UserBody

describe('GET /user/', () => {
  it('tells a stranger to log in, and that a session is not needed for that', async () => {
    const answer = await server.api().request('GET', '/api/v1/user/')
    expect(answer.status).toBe(401)
    expect(answer.json()).toMatchObject({ error_type: 'invalid_token', session_required: false })
  })

  it('shows everything to the user itself', async () => {
    expect(await ada.api.get('/api/v1/user/')).toEqual({
      anonymous: false,
      username: 'ada',
      avatar: expect.objectContaining({ name: 'ada', kind: 'user' }) as unknown,
      can_create_repo: true,
      is_me: true,
      verified: true,
      email: 'ada@example.com',
      logins: [],
      invoice_email: false,
      invoice_email_address: null,
      preferred_namespace: false,
      tag_expiration_s: 1_209_600,
      prompts: [],
      company: null,
      family_name: null,
      given_name: null,
      location: null,
      is_free_account: true,
      has_password_set: true,
      organizations: [
        {
          name: 'commons',
          avatar: expect.objectContaining({ name: 'commons', kind: 'org' }) as unknown,
          can_create_repo: false,
          public: true,
          is_org_admin: false,
          preferred_namespace: false,
        },
      ],
    })
    expect(await me(root)).toMatchObject({
      super_user: true,
      organizations: [{ name: 'commons', is_org_admin: true, can_create_repo: true }],
    })
  })

  it('remembers when the account was used last, a little later', async () => {
    await me(ada.api)
    const at = await until('the time to be written', () => {
      const database = new Sqlite(join(server.dataDir, 'mooring.db'), { readonly: true })
      try {
        const found = database.prepare("select last_accessed from user where username = 'ada'")
        return (found.get() as { last_accessed: number | null }).last_accessed ?? undefined
      } finally {
        database.close()
      }
    })
    expect(Math.abs(Date.now() - at)).toBeLessThan(120_000)
  })
})

describe('PUT /user/', () => {
  it('changes the password, keeps this session and ends the others', async () => {
    const bob = await signUp(server, root, 'bob')
    const other = await server.signedIn(bob)
    const answer = await bob.api.request('PUT', '/api/v1/user/', { password: 'another-password' })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-next-csrf-token']).toMatch(/^[\w-]{64}$/)
    expect((await me(bob.api)).username).toBe('bob')
    await bob.api.put('/api/v1/user/', { invoice_email: true })
    expect((await other.request('GET', '/api/v1/user/')).status).toBe(401)
    await server.signedIn({ username: 'bob', password: 'another-password' })
  })

  it('changes address, invoices, time machine and profile', async () => {
    const carl = await signUp(server, root, 'carl')
    const changes = {
      email: 'carl@elsewhere.org',
      invoice_email: true,
      invoice_email_address: 'bills@example.com',
      tag_expiration_s: 86_400,
      given_name: 'Carl',
      company: 'Acme',
    }
    expect(await carl.api.put('/api/v1/user/', changes)).toMatchObject(changes)
    expect(await carl.api.put('/api/v1/user/', { invoice_email_address: '' })).toMatchObject({
      ...changes,
      invoice_email_address: null,
    })
  })

  it.each([
    [
      { password: 'short' },
      'Invalid password, password must be at least 8 characters and contain no whitespace.',
    ],
    [{ email: 'ada@example.com' }, 'E-mail address already used'],
    [{ email: 'nonsense' }, 'Invalid email address: nonsense'],
    [{ username: 'commons' }, 'Username is already in use'],
    [{ username: 'admiral' }, 'Username is already in use'],
  ])('refuses %j in the problem document, and changes nothing', async (changes, detail) => {
    const dan = await server.signedIn(await danger())
    const answer = await dan.request('PUT', '/api/v1/user/', { ...changes, location: 'Rome' })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ error_type: 'invalid_request', detail })
    expect(await me(dan)).toMatchObject({ username: 'danger', location: null })
  })

  it.each([
    [{ tag_expiration_s: 5 }, 'Invalid tag expiration option'],
    [
      { username: 'UPPER' },
      'Invalid username UPPER: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$',
    ],
  ])('refuses %j in a plain message', async (changes, message) => {
    const dan = await server.signedIn(await danger())
    const answer = await dan.request('PUT', '/api/v1/user/', changes)
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({ message })
  })

  it('takes repositories and robots along to a new name', async () => {
    const eva = await signUp(server, root, 'eva')
    const image = createImage()
    await server.client(eva).pushImage('eva/tools', 'v1', image)
    const robot = (await eva.api.put('/api/v1/user/robots/ci', {}, 201)) as { token: string }

    expect(await eva.api.put('/api/v1/user/', { username: 'eve' })).toMatchObject({
      username: 'eve',
    })
    expect((await me(eva.api)).username).toBe('eve')
    const renamed = server.client({ username: 'eve', password: eva.password })
    expect((await renamed.getManifest('eve/tools', 'v1')).status).toBe(200)
    const asRobot = server.client({ username: 'eve+ci', password: robot.token })
    expect((await asRobot.request('GET', '/v2/')).status).toBe(200)
    expect((await root.request('GET', '/api/v1/users/eva')).status).toBe(404)
    await root.post('/api/v1/superuser/users/', { username: 'eva' })
  })

  let made: Promise<Person> | undefined
  const danger = () => (made ??= signUp(server, root, 'danger'))
})

describe('POST /user/', () => {
  const create = async (body: object) => {
    const client = server.api()
    await client.fetchCsrfToken()
    return { client, answer: await client.request('POST', '/api/v1/user/', body) }
  }

  it('creates an account and signs it in', async () => {
    const { client, answer } = await create({ username: 'fay', password: 'long-enough' })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      username: 'fay',
      is_me: true,
      verified: true,
      prompts: ['enter_company', 'enter_name'],
    })
    expect(answer.headers['x-next-csrf-token']).toBeDefined()
    expect((await me(client)).username).toBe('fay')
    expect(await client.put('/api/v1/user/', { given_name: 'Fay' })).toMatchObject({ prompts: [] })
  })

  it.each([
    [{ username: 'ada' }, 'The username already exists'],
    [
      { username: 'commons' },
      'Username has already been taken by an organization and cannot be reused: commons',
    ],
    [
      { username: 'new-one', email: 'ada@example.com' },
      'Email has already been used: ada@example.com',
    ],
    [{ username: 'new-one', email: 'nonsense' }, 'Invalid email address: nonsense'],
    [
      { username: 'x' },
      'Invalid namespace x: Namespace must be between 2 and 255 characters in length',
    ],
  ])('refuses %j', async (body, detail) => {
    const { answer } = await create({ password: 'long-enough', ...body })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ error_type: 'invalid_request', detail })
  })
})

describe('encrypted passwords', () => {
  it('do in clients, and are given to who knows the password', async () => {
    const { key } = (await ada.api.post('/api/v1/user/clientkey', {
      password: ada.password,
    })) as { key: string }
    const client = server.client({ username: 'ada', password: key })
    expect((await client.request('GET', '/v2/')).status).toBe(200)
    const wrong = await ada.api.request('POST', '/api/v1/user/clientkey', { password: 'wrong-one' })
    expect(wrong.status).toBe(400)
    expect(wrong.json()).toMatchObject({ detail: 'Invalid Username or Password' })
  })
})

describe('converting to an organization', () => {
  it('needs another account, with its password', async () => {
    const gil = await signUp(server, root, 'gil')
    const hal = await signUp(server, root, 'hal')
    const convert = (adminUser: string, adminPassword: string) =>
      gil.api.request('POST', '/api/v1/user/convert', { adminUser, adminPassword })
    const own = await convert('gil', gil.password)
    expect(own.json()).toMatchObject({
      detail: 'The admin user is not valid',
      reason: 'invaliduser',
    })
    const wrong = await convert('hal', 'wrong-password')
    expect(wrong.json()).toMatchObject({
      detail: 'The admin user credentials are not valid',
      reason: 'invaliduser',
    })
    await server.client(gil).pushImage('gil/kept', 'v1', createImage())
    const done = await until('the throttle to let go', async () => {
      const answer = await convert('hal', hal.password)
      return answer.status === 429 ? undefined : answer
    })
    expect(done.json()).toEqual({ success: true })
    expect(await me(gil.api)).toMatchObject({
      username: 'hal',
      organizations: [{ name: 'gil', is_org_admin: true }, { name: 'commons' }],
    })
    expect((await server.client(hal).getManifest('gil/kept', 'v1')).status).toBe(200)
    const again = server.api()
    await again.fetchCsrfToken()
    const { username, password } = gil
    const refused = await again.request('POST', '/api/v1/signin', { username, password })
    expect(refused.status).toBe(403)
  })
})

describe('DELETE /user/', () => {
  it('is refused to the only admin of an organization, and ends the account otherwise', async () => {
    const ivy = await signUp(server, root, 'ivy')
    await ivy.api.post('/api/v1/organization/', { name: 'ivys', email: 'i@example.com' }, 201)
    const refused = await ivy.api.request('DELETE', '/api/v1/user/')
    expect(refused.status).toBe(400)
    expect(refused.json()).toEqual({
      message: 'Cannot delete ivy as you are the only admin for organizations: ivys',
    })
    await ivy.api.delete('/api/v1/organization/ivys')
    await ivy.api.delete('/api/v1/user/')
    expect((await ivy.api.request('GET', '/api/v1/user/')).status).toBe(401)
    expect((await root.request('GET', '/api/v1/users/ivy')).status).toBe(404)
    const client = server.api()
    await client.fetchCsrfToken()
    const again = await client.request('POST', '/api/v1/user/', {
      username: 'ivy',
      password: 'long-enough',
    })
    expect(again.json()).toMatchObject({ status: 400, detail: 'Username is not available' })
  })
})

describe('notifications', () => {
  it('of nobody are an empty list, and an unknown one is not found', async () => {
    expect(await ada.api.get('/api/v1/user/notifications')).toEqual({
      notifications: [],
      additional: false,
    })
    const path = '/api/v1/user/notifications/5b0c0000-0000-4000-8000-000000000000'
    expect((await ada.api.request('GET', path)).status).toBe(404)
    expect((await ada.api.request('PUT', path, { dismissed: true })).status).toBe(404)
  })
})
