import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readExpectations, type Expectation } from '../conformance/api-expectations.ts'
import type { ApiClient } from '../support/api-client.ts'
import { readContract, routeOf } from '../support/contract.ts'
import type { Headers, Response } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary.ts'

const declared = new Map((await readContract()).map((one) => [routeOf(one), one]))
const expectations = readExpectations().filter(({ method, path }) =>
  declared.has(`${method} ${path}`),
)
const writes = expectations.filter(({ method }) => method !== 'GET')
const switches = {
  SUPER_USERS: ['quay'],
  FEATURE_IMAGE_PULL_STATS: true,
  FEATURE_IMMUTABLE_TAGS: true,
  FEATURE_REPO_MIRROR: true,
  FEATURE_PROXY_CACHE: true,
  FEATURE_TEAM_SYNCING: true,
  FEATURE_USER_INITIALIZE: true,
  FEATURE_MAILING: true,
  MAIL_SERVER: '127.0.0.1',
  MAIL_PORT: 9,
  PERMANENTLY_DELETE_TAGS: true,
}

let folder: TemporaryFolder
let server: TestServer
const open = (config: object) =>
  startTestServer({
    dataDir: folder.join('data'),
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ ...switches, ...config }) },
  })
beforeAll(async () => {
  folder = createTemporaryFolder('guards')
  // Whoever initializes a registry makes its first account; here the first start is to do that.
  await using _ = await open({ FEATURE_USER_INITIALIZE: false })
})
afterAll(() => folder.remove())

/** About nothing that is there, and with no body that could be right. */
function send(api: ApiClient, { method, path }: Expectation, headers: Headers = {}) {
  const target = path
    .replace('{repository}', 'unknown/unknown')
    .replace('{fingerprint}', '00'.repeat(32))
    .replaceAll(/\{\w+\}/g, 'unknown')
  return api.request(method, target, method === 'GET' ? undefined : '5', headers)
}

const errorOf = (answer: Response): unknown => {
  const isObject = answer.text().startsWith('{')
  return isObject ? (answer.json() as { error?: unknown }).error : undefined
}

describe('a registry without anonymous access, where a login is fresh for no time', () => {
  beforeAll(async () => {
    server = await open({ FEATURE_ANONYMOUS_ACCESS: false, FRESH_LOGIN_TIMEOUT: '0s' })
  })
  afterAll(() => server.stop())

  it('serves strangers only what has to be open', async () => {
    const api = server.api()
    await api.fetchCsrfToken()
    const closed = new Map<string, boolean>()
    for (const one of expectations) {
      if (refusesStrangers.has(one.who)) continue
      const answer = await send(api, one)
      const isClosed = errorOf(answer) === 'Anonymous access is not allowed'
      closed.set(`${one.method} ${one.path}`, isClosed && answer.status === 401)
    }
    expect(chosen(closed)).toEqual(
      routesWhere(({ who }) => !alwaysOpen.has(who) && !refusesStrangers.has(who)),
    )
  })

  it('asks for the password again where a call is marked for it', async () => {
    const api = await server.signedIn()
    const asked = new Map<string, boolean>()
    for (const one of expectations) {
      if (['logout', 'scShutdownContainer'].includes(one.operationId ?? '')) continue
      const answer = await send(api, one)
      const isAsked = answer.text().includes('"error_type":"fresh_login_required"')
      asked.set(`${one.method} ${one.path}`, isAsked && answer.status === 401)
    }
    expect(chosen(asked)).toEqual(routesWhere(({ freshLogin }) => freshLogin))
  })

  it('refuses every write without the token of its session', async () => {
    const api = await server.signedIn()
    const withoutToken = { 'x-csrf-token': undefined }
    const refused = new Map<string, boolean>()
    for (const one of writes) {
      const answer = await send(api, one, withoutToken)
      const isRefused = String(errorOf(answer)).startsWith('CSRF token was invalid or missing.')
      refused.set(`${one.method} ${one.path}`, isRefused && answer.status === 403)
    }
    expect(chosen(refused)).toEqual(
      routesWhere(
        ({ method, path, who }) =>
          method !== 'GET' &&
          !['key-holder', 'oauth-client'].includes(who) &&
          path !== '/api/v1/user/initialize',
      ),
    )
  })

  it('refuses what a link on another page makes a browser ask of the API, and shows it pages', async () => {
    const api = await server.signedIn()
    const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }
    const refused = new Map<string, boolean>()
    for (const one of expectations) {
      if (one.method !== 'GET') continue
      const answer = await send(api, one, browser)
      refused.set(`${one.method} ${one.path}`, /X-Requested-With/.test(String(errorOf(answer))))
    }
    expect(chosen(refused)).toEqual(
      routesWhere(({ method, path }) => method === 'GET' && path.startsWith('/api/')),
    )
  })
})

describe('a read-only registry', () => {
  beforeAll(async () => {
    server = await open({ REGISTRY_STATE: 'readonly' })
  })
  afterAll(() => server.stop())

  it('takes logins and what writes nothing', async () => {
    const api = await server.signedIn()
    const taken: string[] = []
    const endsServer = ({ path }: (typeof writes)[number]) =>
      /\/service\/(?:stop|restart)$/.test(path)
    const inOrder = [...writes.filter((one) => !endsServer(one)), ...writes.filter(endsServer)]
    for (const one of inOrder) {
      const answer = await send(api, one)
      if (answer.status !== 503) taken.push(`${one.method} ${one.path}`)
    }
    const harmless = [
      ...['/api/v1/externallogin/{service_id}', '/api/v1/signin', '/api/v1/signin/verify'],
      // Sends the browser back with a no.
      '/oauth/denyapp',
      // A registry that stands still is when people back it up.
      ...['/api/v1/mooring/backup', '/api/v1/mooring/backup/{job_id}'],
      // How it is ended, and what only looks.
      ...['readonly', 'restart', 'stop'].map((what) => `/api/v1/mooring/service/${what}`),
      ...['/api/v1/mooring/storage/collection/plan', '/api/v1/mooring/kiosk/unlock'],
      ...['client-config', 'inspect', 'plans'].map((what) => `/api/v1/mooring/bundles/${what}`),
    ]
    const expected = routesWhere((one) => writes.includes(one) && harmless.includes(one.path))
    expect(taken.sort()).toEqual(expected)
  })
})

/** Whoever they let in shows that by other means than a login, or they are how a login begins. */
const alwaysOpen: ReadonlySet<string> = new Set([
  'everybody',
  'user-always',
  'code-holder',
  'id-holder',
  'oauth-client',
  'key-holder',
  'federated-robot',
])
/** They have their own answer for strangers, whatever the switch. */
const refusesStrangers: ReadonlySet<string> = new Set([
  'session',
  'application-admin',
  'application-admin-or-password',
  'first-or-superuser',
])

function chosen(found: ReadonlyMap<string, boolean>): string[] {
  return [...found].flatMap(([route, is]) => (is ? [route] : [])).sort()
}

function routesWhere(holds: (expectation: Expectation) => boolean): string[] {
  return expectations
    .filter(holds)
    .map(({ method, path }) => `${method} ${path}`)
    .sort()
}
