import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'] }) },
  })
})
afterAll(() => server.stop())

const message = { message: { content: 'hello', media_type: 'text/plain', severity: 'info' } }

describe('the door of the management API', () => {
  it("refuses a write without the session's CSRF token", async () => {
    const api = server.api()
    const answer = await api.request('POST', '/api/v1/messages', message)
    expect(answer.status).toBe(403)
    expect(answer.json()).toEqual({ error: 'CSRF token was invalid or missing.' })
  })

  it('tells a stranger to log in', async () => {
    const api = server.api()
    await api.fetchCsrfToken()
    const answer = await api.request('POST', '/api/v1/messages', message)
    expect(answer.status).toBe(401)
  })

  it('lets a superuser write and everybody read', async () => {
    const api = await server.signedIn()
    await api.post('/api/v1/messages', message, 201)
    const { messages } = (await server.api().get('/api/v1/messages')) as {
      messages: { uuid: string; content: string }[]
    }
    expect(messages.map(({ content }) => content)).toEqual(['hello'])
    await api.delete(`/api/v1/message/${messages[0]?.uuid ?? ''}`)
    expect(await server.api().get('/api/v1/messages')).toEqual({ messages: [] })
  })

  it('gives a cookie that scripts cannot read and other sites cannot send', async () => {
    const answer = await server.api().request('GET', '/csrf_token')
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^_csrf_token=.+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=/)
  })

  it.each([
    ['another content type', { 'content-type': 'text/plain' }, '{}', 415],
    ['no JSON', {}, '{', 400],
    ['null', {}, 'null', 400],
    ['a wrong type', {}, '{"message": 5}', 400],
  ])('answers %s', async (_what, headers, body, status) => {
    const api = await server.signedIn()
    expect((await api.request('POST', '/api/v1/messages', body, headers)).status).toBe(status)
  })

  it('says which field is missing, in the words that clients know', async () => {
    const api = await server.signedIn()
    const answer = await api.request('POST', '/api/v1/messages', { message: { content: 'x' } })
    expect(answer.json()).toMatchObject({
      status: 400,
      error_type: 'invalid_request',
      detail: "'media_type' is a required property",
    })
  })

  it('knows unknown paths, wrong methods, missing slashes and browsers', async () => {
    const api = server.api()
    expect((await api.request('GET', '/api/v1/nothing')).status).toBe(404)
    expect((await api.request('OPTIONS', '/api/v1/messages')).status).toBe(200)
    const browser = { 'user-agent': 'Mozilla/5.0 Firefox/140.0' }
    expect((await api.request('GET', '/api/v1/messages', undefined, browser)).status).toBe(400)
    const xhr = { ...browser, 'x-requested-with': 'XMLHttpRequest' }
    expect((await api.request('GET', '/api/v1/messages', undefined, xhr)).status).toBe(200)
    await api.fetchCsrfToken()
    expect((await api.request('PUT', '/api/v1/messages', {})).status).toBe(405)
  })

  it('refuses a wrong password', async () => {
    const api = server.api()
    await api.fetchCsrfToken()
    const wrong = { username: 'quay', password: 'not this one' }
    const answer = await api.request('POST', '/api/v1/signin', wrong)
    expect(answer.status).toBe(403)
    expect(answer.json()).toMatchObject({ invalidCredentials: true })
  })
})
