import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import type { Response } from '../support/http-request.ts'
import { parseChallenge } from '../support/registry-session.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

interface Application {
  readonly client_id: string
  readonly client_secret: string
}
interface Token {
  readonly uuid: string
  readonly token: string
}

const home = 'https://ci.example.com/cb'

let server: TestServer
let ada: ApiClient
let bob: ApiClient
let root: ApiClient
let application: Application
const base = '/api/v1/organization/acme/applications'

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_SUPERUSERS_FULL_ACCESS: true,
        OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT: 60,
        DIRECT_OAUTH_CLIENTID_WHITELIST: ['DIRECT'],
      }),
    },
  })
  root = await server.signedIn()
  ada = await signUp('ada')
  bob = await signUp('bob')
  await server.mooring(['org', 'add', 'acme'], ['--owner', 'ada'])
  application = (await ada.post(base, {
    name: 'ci',
    redirect_uri: home,
    application_uri: 'https://ci.example.com',
  })) as Application
})
afterAll(() => server.stop())

async function signUp(username: string): Promise<ApiClient> {
  const added = await server.mooring(['user', 'add', username], ['--json'])
  const { password } = JSON.parse(added) as { password: string }
  return server.signedIn({ username, password })
}
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
const basic = (username: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`,
})
const location = (answer: Response) => new URL(answer.header('location'))
const fragment = (answer: Response) => new URLSearchParams(location(answer).hash.slice(1))
const logKinds = async () => {
  const { logs } = (await root.get('/api/v1/superuser/logs')) as { logs: { kind: string }[] }
  return logs.map(({ kind }) => kind)
}
const draw = async (scope: string, name = 'script') =>
  (await ada.post(`${base}/${application.client_id}/tokens`, { name, scope })) as Token

describe('an application', () => {
  it('has an id and a secret that are drawn', () => {
    expect(application).toMatchObject({
      name: 'ci',
      description: '',
      redirect_uri: home,
      avatar_email: null,
      client_id: expect.stringMatching(/^[A-Z0-9]{20}$/) as string,
      client_secret: expect.stringMatching(/^[A-Z0-9]{40}$/) as string,
    })
  })

  it('keeps its secrets from all who are no admins by team', async () => {
    const path = `${base}/${application.client_id}`
    expect(await ada.get(path)).toEqual(application)
    expect(await root.get(path)).toMatchObject({
      ...{ name: 'ci', client_secret: null, redirect_uri: null, avatar_email: null },
    })
    expect((await bob.request('GET', path)).status).toBe(403)
    expect((await server.api().request('GET', path)).status).toBe(401)
  })

  it('is changed, gets another secret and goes with its tokens', async () => {
    const made = (await ada.post(base, { name: 'short' })) as Application
    const path = `${base}/${made.client_id}`
    const changed = { name: 'long', redirect_uri: home, application_uri: '', description: 'd' }
    expect(await ada.put(path, changed)).toMatchObject({ ...changed, avatar_email: null })
    const wrong = await ada.request('PUT', path, { name: 'x' })
    expect([wrong.status, wrong.json()]).toMatchObject([
      400,
      { detail: "'redirect_uri' is a required property" },
    ])
    const reset = (await ada.post(`${path}/resetclientsecret`)) as Application
    expect(reset.client_secret).not.toBe(made.client_secret)
    const { token } = (await ada.post(`${path}/tokens`, {
      name: 'x',
      scope: 'user:read',
    })) as Token
    await server.api(token).get('/api/v1/user/')
    await ada.delete(path)
    expect((await ada.request('GET', path)).status).toBe(404)
    expect((await server.api(token).request('GET', '/api/v1/user/')).status).toBe(401)
    expect(await logKinds()).toEqual(
      expect.arrayContaining([
        'create_application',
        'update_application',
        'reset_application_client_secret',
        'delete_application',
      ]),
    )
  })

  it('of another organization is unknown, and one name is reserved', async () => {
    await server.mooring(['org', 'add', 'other'], ['--owner', 'bob'])
    const path = `/api/v1/organization/other/applications/${application.client_id}`
    expect((await bob.request('GET', path)).status).toBe(404)
    const reserved = await ada.request('POST', base, { name: '__quay_bootstrap_app' })
    expect([reserved.status, reserved.json()]).toMatchObject([
      400,
      { detail: 'Application name is reserved for bootstrap token provisioning' },
    ])
  })

  it('tells everybody what it is', async () => {
    const path = `/api/v1/app/${application.client_id}`
    expect(await server.api().get(path)).toMatchObject({
      ...{ name: 'ci', description: '', uri: 'https://ci.example.com' },
      avatar: { kind: 'app' },
      organization: { name: 'acme', is_admin: false, is_member: false, email: '', teams: {} },
    })
    expect(await ada.get(path)).toMatchObject({ organization: { is_admin: true } })
    expect((await bob.request('GET', '/api/v1/app/nobody')).status).toBe(404)
  })
})

describe('a token of an application', () => {
  it('is shown once and listed without its secret, in pages', async () => {
    const drawn = await draw('repo:read,user:read', '  nightly ')
    expect(drawn).toMatchObject({
      ...{ name: 'nightly', scope: 'repo:read user:read', created_by: 'ada', last_accessed: null },
      token: expect.stringMatching(/^[A-Za-z0-9]{40}$/) as string,
    })
    const path = `${base}/${application.client_id}/tokens`
    for (let count = 0; count < 50; count++) await draw('user:read')
    const first = (await ada.get(path)) as { tokens: Token[]; next_page: string }
    expect(first.tokens).toHaveLength(50)
    expect(JSON.stringify(first)).not.toContain(drawn.token)
    const second = (await ada.get(`${path}?next_page=${first.next_page}`)) as { tokens: Token[] }
    expect(second).toEqual({ tokens: [expect.objectContaining({ uuid: drawn.uuid })] })
    for (const { uuid } of first.tokens) await ada.delete(`${path}/${uuid}`)
    expect((await ada.request('DELETE', `${path}/${first.tokens[0]?.uuid ?? ''}`)).status).toBe(404)
  })

  it.each([
    [{ name: ' ', scope: 'repo:read' }, { message: "'name' must not be empty" }],
    [{ name: 'x', scope: 'repo:read nonsense' }, { message: 'Invalid scope: repo:read nonsense' }],
    [{ name: 'x', scope: '' }, { message: 'Invalid scope: ' }],
    [{ scope: 'repo:read' }, { detail: "'name' is a required property" }],
    [{ name: 'x', scope: 'repo:read', expiration: 0 }, { status: 400 }],
  ])('is not drawn for %j', async (body, answer) => {
    const path = `${base}/${application.client_id}/tokens`
    const refused = await ada.request('POST', path, body)
    expect([refused.status, refused.json()]).toMatchObject([400, answer])
  })

  it('holds no more than its maker does', async () => {
    const path = `${base}/${application.client_id}/tokens`
    expect((await ada.request('POST', path, { name: 'x', scope: 'super:user' })).status).toBe(403)
    const { token } = await draw('org:admin')
    const narrow = server.api(token)
    const wider = await narrow.request('POST', path, { name: 'x', scope: 'repo:admin' })
    expect([wider.status, wider.json()]).toMatchObject([403, { title: 'insufficient_scope' }])
    await narrow.post(path, { name: 'x', scope: 'org:admin' })
  })

  it('lives ten years at most, and an application has only so many', async () => {
    const made = (await ada.post(base, { name: 'many' })) as Application
    const path = `${base}/${made.client_id}/tokens`
    const body = { name: 'x', scope: 'user:read' }
    const long = (await ada.post(path, { ...body, expiration: 1e12 })) as {
      created: string
      expires_at: string
    }
    expect(Date.parse(long.expires_at) - Date.parse(long.created)).toBe(315_576_000_000)
    for (let count = 1; count < 60; count++) await ada.post(path, body)
    const refused = await ada.request('POST', path, body)
    expect([refused.status, refused.json()]).toEqual([
      400,
      { message: 'Token limit reached: maximum 60 non-expired tokens per application' },
    ])
  })

  it('is among the authorizations of its person, who takes it back', async () => {
    const { uuid, token } = await draw('repo:write')
    const { authorizations } = (await ada.get('/api/v1/user/authorizations')) as {
      authorizations: { uuid: string }[]
    }
    expect(authorizations.find((one) => one.uuid === uuid)).toMatchObject({
      application: { name: 'ci', url: 'https://ci.example.com', organization: { name: 'acme' } },
      scopes: [{ scope: 'repo:write', dangerous: false }],
    })
    const path = `/api/v1/user/authorizations/${uuid}`
    expect((await bob.request('GET', path)).status).toBe(404)
    expect((await bob.request('DELETE', path)).status).toBe(404)
    await ada.delete(path)
    expect((await server.api(token).request('GET', base)).status).toBe(401)
  })
})

describe('the registry', () => {
  const image = createImage()
  const registry = (token: string) => server.client({ username: '$oauthtoken', password: token })

  it('lets a token do what its scopes say', async () => {
    await server
      .client({ username: '$oauthtoken', password: (await draw('repo:create repo:write')).token })
      .pushImage('acme/web', 'v1', image)
    const reader = registry((await draw('repo:read')).token)
    expect((await reader.getManifest('acme/web', 'v1')).status).toBe(200)
    await expect(reader.pushImage('acme/web', 'v2', createImage())).rejects.toThrow(/401/)
    const other = registry((await draw('user:read')).token)
    expect((await other.getManifest('acme/web', 'v1')).status).toBe(401)
  })

  it('tells the log which token it was', async () => {
    const { uuid, token } = await draw('repo:read')
    await registry(token).getManifest('acme/web', 'v1')
    const entry = await until('the pull to be logged', async () => {
      const { logs } = (await ada.get('/api/v1/repository/acme/web/logs')) as {
        logs: { kind: string; metadata: Record<string, unknown> }[]
      }
      return logs.find(({ metadata }) => metadata['oauth_token_id'] === uuid)
    })
    expect(entry).toMatchObject({
      kind: 'pull_repo',
      metadata: {
        ...{ username: 'ada', oauth_token_application: 'ci' },
        oauth_token_application_id: application.client_id,
      },
    })
  })

  it('lets go of a token that was taken back, though its own has not ended', async () => {
    const { uuid, token } = await draw('repo:read')
    const challenge = await server.api().request('GET', '/v2/')
    const { service = '' } = parseChallenge(challenge.header('www-authenticate'))
    const granted = await server
      .api()
      .request(
        'GET',
        `/v2/auth?service=${service}&scope=repository:acme/web:pull`,
        undefined,
        basic('$oauthtoken', token),
      )
    const bearer = server.api((granted.json() as { token: string }).token)
    const pull = () => bearer.request('GET', '/v2/acme/web/manifests/v1')
    expect((await pull()).status).toBe(200)
    await ada.delete(`${base}/${application.client_id}/tokens/${uuid}`)
    await until(
      'the token to stop working',
      async () => ((await pull()).status === 401 ? true : undefined),
      { timeoutMs: 8_000, everyMs: 200 },
    )
  })

  it('says what is wrong with a token', async () => {
    const answer = await server
      .api()
      .request('GET', '/v2/auth?scope=repository:acme/web:pull', undefined, {
        ...basic('$oauthtoken', 'x'.repeat(40)),
      })
    expect([answer.status, answer.text()]).toEqual([
      401,
      expect.stringContaining('OAuth access token could not be validated'),
    ])
  })
})

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
