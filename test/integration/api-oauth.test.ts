import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import {
  applications,
  basic,
  home,
  startOauthSite,
  type Application,
  type OauthSite,
  type Token,
} from '../support/oauth-site.ts'
import { parseChallenge } from '../support/registry-session.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let ada: ApiClient
let bob: ApiClient
let root: ApiClient
let application: Application
let draw: OauthSite['draw']
let logKinds: OauthSite['logKinds']

beforeAll(async () => {
  ;({ server, ada, bob, root, application, draw, logKinds } = await startOauthSite())
})
afterAll(() => server.stop())

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
    const path = `${applications}/${application.client_id}`
    expect(await ada.get(path)).toEqual(application)
    expect(await root.get(path)).toMatchObject({
      ...{ name: 'ci', client_secret: null, redirect_uri: null, avatar_email: null },
    })
    expect((await bob.request('GET', path)).status).toBe(403)
    expect((await server.api().request('GET', path)).status).toBe(401)
  })

  it('is changed, gets another secret and goes with its tokens', async () => {
    const made = (await ada.post(applications, { name: 'short' })) as Application
    const path = `${applications}/${made.client_id}`
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
    await bob.post('/api/v1/organization/', { name: 'other' }, 201)
    const path = `/api/v1/organization/other/applications/${application.client_id}`
    expect((await bob.request('GET', path)).status).toBe(404)
    const reserved = await ada.request('POST', applications, { name: '__quay_bootstrap_app' })
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
    const path = `${applications}/${application.client_id}/tokens`
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
    const path = `${applications}/${application.client_id}/tokens`
    const refused = await ada.request('POST', path, body)
    expect([refused.status, refused.json()]).toMatchObject([400, answer])
  })

  it('holds no more than its maker does', async () => {
    const path = `${applications}/${application.client_id}/tokens`
    expect((await ada.request('POST', path, { name: 'x', scope: 'super:user' })).status).toBe(403)
    const { token } = await draw('org:admin')
    const narrow = server.api(token)
    const wider = await narrow.request('POST', path, { name: 'x', scope: 'repo:admin' })
    expect([wider.status, wider.json()]).toMatchObject([403, { title: 'insufficient_scope' }])
    await narrow.post(path, { name: 'x', scope: 'org:admin' })
  })

  it('lives ten years at most, and an application has only so many', async () => {
    const made = (await ada.post(applications, { name: 'many' })) as Application
    const path = `${applications}/${made.client_id}/tokens`
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
    expect((await server.api(token).request('GET', applications)).status).toBe(401)
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
    await ada.delete(`${applications}/${application.client_id}/tokens/${uuid}`)
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
