import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import type { Response } from '../support/http-request.ts'
import {
  basic,
  home,
  startOauthSite,
  type Application,
  type OauthSite,
} from '../support/oauth-site.ts'
import type { TestServer } from '../support/server.ts'

let server: TestServer
let ada: ApiClient
let bob: ApiClient
let application: Application
let draw: OauthSite['draw']
let logKinds: OauthSite['logKinds']

beforeAll(async () => {
  ;({ server, ada, bob, application, draw, logKinds } = await startOauthSite())
})
afterAll(() => server.stop())

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const post = (
  api: ApiClient,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  api.request('POST', path, form(fields), {
    'content-type': 'application/x-www-form-urlencoded',
    ...headers,
  })
const location = (answer: Response) => new URL(answer.header('location'))
const fragment = (answer: Response) => new URLSearchParams(location(answer).hash.slice(1))

describe('the question to a person', () => {
  const ask = (changes: Record<string, string | undefined> = {}) => {
    const query = {
      ...{ client_id: application.client_id, redirect_uri: home, scope: 'user:admin' },
      ...changes,
    }
    const given = Object.entries(query).filter((one): one is [string, string] => Boolean(one[1]))
    return `/oauth/authorize?${new URLSearchParams(given).toString()}`
  }

  it('is a page without scripts that nobody may frame', async () => {
    const state = '"><script>alert(1)</script>'
    const answer = await ada.request('GET', ask({ state }), undefined, {
      'user-agent': 'Mozilla/5.0',
    })
    expect(answer.status).toBe(200)
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.header('x-frame-options')).toBe('DENY')
    expect(answer.header('content-security-policy')).toContain(
      "form-action 'self' https://ci.example.com;",
    )
    expect(answer.text()).not.toContain('<script')
    expect(answer.text()).toContain('&quot;&gt;&lt;script&gt;')
  })

  it('is JSON for programs', async () => {
    const asked = await ada.get(`${ask({ scope: 'user:admin repo:create' })}&format=json&state=s`)
    expect(asked).toMatchObject({
      ...{ has_dangerous_scopes: true, response_type: 'code', redirect_uri: home, state: 's' },
      scopes: [{ scope: 'user:admin' }, { scope: 'repo:create' }],
      application: { name: 'ci', organization: { name: 'acme' } },
      csrf_token_val: expect.any(String) as string,
      assignment_uuid: null,
    })
  })

  it.each([
    ['a missing client', { client_id: undefined }, 400, 'Required param: client_id'],
    ['a missing address', { redirect_uri: undefined }, 400, 'Required param: redirect_uri'],
    ['missing scopes', { scope: undefined }, 400, 'Required param: scope'],
    ['an unknown client', { client_id: 'nobody' }, 404, ''],
    ['an unknown scope', { scope: 'repo:read root' }, 404, ''],
  ])('is not asked for %s', async (_what, changes, status, error) => {
    const answer = await ada.request('GET', ask(changes))
    expect(answer.status).toBe(status)
    if (error !== '') expect(answer.json()).toEqual({ error })
  })

  it('is for somebody in person who is admin of the organization', async () => {
    expect((await server.api().request('GET', ask())).status).toBe(401)
    expect((await bob.request('GET', ask())).status).toBe(403)
    const { token } = await draw('org:admin repo:create')
    expect((await server.api(token).request('GET', ask())).status).toBe(401)
    const withPassword = await server
      .api()
      .request('GET', ask(), undefined, basic(server.username, server.password))
    expect(withPassword.status).toBe(200)
    const asApp = await server.api().request('GET', ask(), undefined, basic('$oauthtoken', token))
    expect(asApp.status).toBe(401)
  })

  it('sends a wrong address home', async () => {
    const answer = await ada.request('GET', ask({ redirect_uri: 'https://evil.example.com/' }))
    expect([answer.status, answer.header('location')]).toEqual([
      302,
      `${home}?error=redirect_uri_mismatch`,
    ])
  })
})

describe('the answer of a person', () => {
  const fields = (changes: Record<string, string> = {}) => ({
    ...{ client_id: application.client_id, redirect_uri: home, response_type: 'token' },
    ...{ scope: 'repo:read', state: 'a&b' },
    ...changes,
  })

  it('is a token behind the hash', async () => {
    const answer = await post(ada, '/oauth/authorizeapp', fields())
    expect(answer.status).toBe(302)
    expect(answer.header('location')).toMatch(
      /^https:\/\/ci\.example\.com\/cb\?scope=repo%3Aread&state=a%26b#access_token=\w{40}&token_type=Bearer&expires_in=315576000$/,
    )
    const api = server.api(fragment(answer).get('access_token') ?? '')
    expect((await api.request('GET', '/api/v1/repository/acme/web/tag/')).status).not.toBe(401)
  })

  it('is needed no second time', async () => {
    await post(ada, '/oauth/authorizeapp', fields({ scope: 'repo:admin' }))
    const query = form({
      ...{ client_id: application.client_id, redirect_uri: home },
      ...{ scope: 'repo:write', response_type: 'token' },
    })
    const answer = await ada.request('GET', `/oauth/authorize?${query}`)
    expect(answer.status).toBe(302)
    expect(fragment(answer).get('access_token')).toMatch(/^\w{40}$/)
  })

  it('counts only with the token of the session', async () => {
    const api = await server.signedIn()
    const { csrf_token } = (await api.get('/csrf_token')) as { csrf_token: string }
    const without = await post(api, '/oauth/authorizeapp', fields(), { 'x-csrf-token': 'x' })
    expect([without.status, without.text()]).toEqual([
      403,
      expect.stringContaining('CSRF token was invalid or missing.'),
    ])
    const cookie = [...api.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
    const inField = await post(
      server.api(),
      '/oauth/authorizeapp',
      fields({ _csrf_token: csrf_token }),
      { cookie },
    )
    expect(inField.status).toBe(302)
  })

  it.each([
    ['another kind of answer', { response_type: 'x' }, 'unsupported_response_type'],
    ['an unknown scope', { scope: 'root' }, 'invalid_scope'],
  ])('with %s is an error for the application', async (_what, changes, error) => {
    const answer = await post(ada, '/oauth/authorizeapp', fields(changes))
    expect([answer.status, location(answer).searchParams.get('error')]).toEqual([302, error])
  })

  it('of a person without the right is one too', async () => {
    const answer = await post(bob, '/oauth/authorizeapp', fields())
    expect(location(answer).searchParams.get('error')).toBe('access_denied')
  })

  it('goes to no address that is not registered', async () => {
    const changes = { redirect_uri: 'https://evil.example.com/' }
    for (const path of ['/oauth/authorizeapp', '/oauth/denyapp']) {
      const answer = await post(ada, path, fields(changes))
      expect([answer.status, answer.json()]).toEqual([400, { error: 'invalid_request' }])
    }
  })

  it('may be no', async () => {
    const answer = await post(ada, '/oauth/denyapp', fields())
    expect(answer.header('location')).toBe(`${home}?error=authorization_denied&state=a%26b`)
  })

  it('may be a password, for applications that need not ask, and only for those', async () => {
    const mine = basic(server.username, server.password)
    const answer = await post(server.api(), '/oauth/authorizeapp', fields(), mine)
    expect(answer.status).toBe(403)
    const direct = fields({ client_id: 'DIRECT' })
    const unknown = await post(server.api(), '/oauth/authorizeapp', direct, mine)
    expect([unknown.status, unknown.json()]).toEqual([400, { error: 'invalid_request' }])
  })

  it('on our own page shows the token once, without a script', async () => {
    const local = `${server.urls.https}/oauth/localapp`
    const path = '/oauth/authorizeapp'
    const answer = await post(ada, path, fields({ redirect_uri: local }))
    expect([answer.status, answer.header('location').split('?')[0]]).toEqual([302, local])
    const token = fragment(answer).get('access_token') ?? ''
    expect((await bob.request('GET', '/oauth/localapp')).text()).not.toContain(token)
    const page = await ada.request('GET', '/oauth/localapp')
    expect(page.text()).toContain(token)
    expect(page.header('content-security-policy')).not.toContain('script-src')
    expect(await ada.get('/oauth/localapp?format=json')).toEqual({ access_token: null })
    expect((await server.api().request('GET', '/oauth/localapp')).status).toBe(401)
  })
})

describe('a code', () => {
  const getCode = async () => {
    const answer = await post(ada, '/oauth/authorizeapp', {
      ...{ client_id: application.client_id, redirect_uri: home, response_type: 'code' },
      scope: 'repo:read',
    })
    return location(answer).searchParams.get('code') ?? ''
  }
  const redeem = (changes: Record<string, string>, headers = {}) =>
    post(
      server.api(),
      '/oauth/access_token',
      {
        ...{ grant_type: 'authorization_code', client_id: application.client_id },
        ...{ client_secret: application.client_secret, redirect_uri: home, scope: 'repo:read' },
        ...changes,
      },
      headers,
    )

  it('becomes a token, once', async () => {
    const code = await getCode()
    const answer = await redeem({ code })
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^\w{40}$/) as string,
        ...{ token_type: 'Bearer', expires_in: 315_576_000, refresh_token: null },
      },
    ])
    expect(answer.header('cache-control')).toBe('no-store')
    const again = await redeem({ code })
    expect([again.status, again.json()]).toEqual([400, { error: 'invalid_grant' }])
  })

  it('is taken with the secret in the header', async () => {
    const headers = basic(application.client_id, application.client_secret)
    const answer = await redeem(
      { code: await getCode(), client_secret: '', client_id: '' },
      headers,
    )
    expect(answer.status).toBe(200)
  })

  it.each([
    ['another grant', { grant_type: 'refresh_token' }, 'unsupported_grant_type'],
    ['a wrong secret', { client_secret: 'x' }, 'invalid_client'],
    ['no secret', { client_secret: '' }, 'invalid_client'],
    ['an unknown client', { client_id: 'x' }, 'invalid_client'],
    ['another address', { redirect_uri: `${home}/x` }, 'invalid_grant'],
    ['a code that never was', { code: 'x' }, 'invalid_grant'],
    ['a wider scope', { scope: 'repo:read repo:write' }, 'invalid_scope'],
    ['no code', { code: '' }, 'Required param: code'],
  ])('is refused with %s', async (_what, changes, error) => {
    const answer = await redeem({ code: await getCode(), ...changes })
    expect([answer.status, answer.json()]).toEqual([400, { error }])
  })

  it('of two who come with it at once goes to one', async () => {
    const code = await getCode()
    const answers = await Promise.all([redeem({ code }), redeem({ code }), redeem({ code })])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })
})

describe('a token that is assigned', () => {
  const query = (changes: Record<string, string> = {}) =>
    form({
      ...{ client_id: application.client_id, redirect_uri: home, scope: 'repo:read' },
      ...{ username: 'bob', response_type: 'token', format: 'json' },
      ...changes,
    })
  const assign = (api: ApiClient, changes?: Record<string, string>) =>
    api.request('POST', `/oauth/authorize/assignuser?${query(changes)}`)
  const assigned = async () =>
    (
      (await bob.get('/api/v1/user/assignedauthorization')) as {
        authorizations: { uuid: string }[]
      }
    ).authorizations
  const notices = async () =>
    (
      (await bob.get('/api/v1/user/notifications')) as { notifications: { kind: string }[] }
    ).notifications.filter(({ kind }) => kind === 'assigned_authorization').length

  it('waits for its person, who draws it once', async () => {
    expect((await assign(ada)).json()).toEqual({ message: 'Token assigned successfully' })
    expect(await notices()).toBe(1)
    const [mine] = await assigned()
    expect(mine).toMatchObject({
      application: { name: 'ci', clientId: application.client_id },
      ...{ redirectUri: home, responseType: 'token', scopes: [{ scope: 'repo:read' }] },
    })
    expect(await notices()).toBe(0)
    const request = {
      ...{ client_id: application.client_id, redirect_uri: home, scope: 'repo:read' },
      ...{ response_type: 'token', assignment_uuid: mine?.uuid ?? '' },
    }
    const question = await bob.request('GET', `/oauth/authorize?${form(request)}`)
    expect(question.status).toBe(200)
    const wider = await post(bob, '/oauth/authorizeapp', { ...request, scope: 'repo:write' })
    expect(location(wider).searchParams.get('error')).toBe('access_denied')
    const answer = await post(bob, '/oauth/authorizeapp', request)
    const token = fragment(answer).get('access_token') ?? ''
    expect(token).toMatch(/^\w{40}$/)
    expect(await assigned()).toEqual([])
    const again = await post(bob, '/oauth/authorizeapp', request)
    expect(location(again).searchParams.get('error')).toBe('access_denied')
    expect(await logKinds()).toContain('oauth_token_assigned')
  })

  it('is declined', async () => {
    await assign(ada)
    const [mine] = await assigned()
    const path = `/api/v1/user/assignedauthorization/${mine?.uuid ?? ''}`
    expect((await ada.request('DELETE', path)).status).toBe(404)
    await bob.delete(path)
    expect((await bob.request('DELETE', path)).status).toBe(404)
  })

  it('is assigned by admins only, and only as it can be drawn', async () => {
    expect((await assign(bob)).status).toBe(403)
    expect((await assign(ada, { username: 'nobody' })).status).toBe(404)
    expect((await assign(ada, { scope: 'root' })).status).toBe(404)
    expect((await assign(ada, { client_id: 'x' })).status).toBe(404)
    expect((await assign(ada, { redirect_uri: 'https://evil.example.com' })).json()).toEqual({
      error: 'redirect_uri_mismatch',
    })
    expect((await assign(ada, { username: '' })).json()).toEqual({
      error: 'Required param: username',
    })
  })
})
