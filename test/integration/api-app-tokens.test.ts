import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let root: ApiClient
let ada: Person
let bob: Person
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_SUPERUSERS_FULL_ACCESS: true,
        APP_SPECIFIC_TOKEN_EXPIRATION: '4w',
      }),
    },
  })
  root = await server.signedIn()
  ada = await signUp(server, root, 'ada')
  bob = await signUp(server, root, 'bob')
})
afterAll(() => server.stop())

interface Token {
  readonly uuid: string
  readonly title: string
  readonly token_code?: string
}
const create = async (person: Person, title: string) =>
  ((await person.api.post('/api/v1/user/apptoken', { title })) as { token: Required<Token> }).token
const list = async (client: ApiClient, path = '/api/v1/user/apptoken') =>
  (await client.get(path)) as { tokens: Token[]; only_expiring: boolean | null }

describe('an app token', () => {
  it('is the password of $app in the registry, and nowhere else', async () => {
    const token = await create(ada, 'laptop')
    expect(token.token_code).toMatch(/^[A-Z0-9]{120}$/)
    const client = server.client({ username: '$app', password: token.token_code })
    await client.pushImage('ada/mine', 'v1', createImage())
    expect((await client.getManifest('ada/mine', 'v1')).status).toBe(200)
    const answer = await server.api(token.token_code).request('GET', '/api/v1/user/')
    expect(answer.status).toBe(401)
  })

  it('is listed without its secret, and shown with it', async () => {
    const { uuid, token_code } = await create(ada, 'desktop')
    const { tokens, only_expiring } = await list(ada.api)
    expect(only_expiring).toBeNull()
    expect(tokens.map(({ title }) => title)).toEqual(['laptop', 'desktop'])
    expect(JSON.stringify(tokens)).not.toContain('token_code')
    const shown = (await ada.api.get(`/api/v1/user/apptoken/${uuid}`)) as { token: Token }
    expect(shown.token).toEqual({
      uuid,
      title: 'desktop',
      last_accessed: null,
      created: expect.stringMatching(/-0000$/) as unknown,
      expiration: expect.stringMatching(/-0000$/) as unknown,
      token_code,
    })
    expect(await list(ada.api, '/api/v1/user/apptoken?expiring=true')).toEqual({
      tokens: [],
      only_expiring: true,
    })
    expect(await list(ada.api, '/api/v1/user/apptoken?expiring=0')).toMatchObject({
      only_expiring: false,
    })
  })

  it('of somebody else is not found', async () => {
    const { uuid } = await create(ada, 'private')
    const path = `/api/v1/user/apptoken/${uuid}`
    for (const method of ['GET', 'DELETE']) {
      expect((await bob.api.request(method, path)).status).toBe(404)
    }
    await ada.api.get(path)
  })

  it('is void when it was revoked', async () => {
    const { uuid, token_code } = await create(bob, 'short')
    const login = () =>
      server.client({ username: '$app', password: token_code }).request('GET', '/v2/')
    expect((await login()).status).toBe(200)
    await bob.api.delete(`/api/v1/user/apptoken/${uuid}`)
    await expect(login()).rejects.toThrow('Invalid token')
    expect((await bob.api.request('GET', `/api/v1/user/apptoken/${uuid}`)).status).toBe(404)
  })

  it('needs a title that can be read', async () => {
    for (const body of [{}, { title: 5 }, { title: 'x'.repeat(256) }]) {
      expect((await bob.api.request('POST', '/api/v1/user/apptoken', body)).status).toBe(400)
    }
  })
})

describe('the tokens of everybody', () => {
  it('are shown to superusers with full access, without secrets', async () => {
    const { tokens } = await list(root, '/api/v1/superuser/apptokens')
    expect(tokens.length).toBeGreaterThanOrEqual(3)
    expect(JSON.stringify(tokens)).not.toContain('token_code')
    expect((await ada.api.request('GET', '/api/v1/superuser/apptokens')).status).toBe(403)
    expect(await list(root, '/api/v1/superuser/apptokens?expiring=true')).toEqual({
      tokens: [],
      only_expiring: true,
    })
  })
})
