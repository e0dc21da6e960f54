import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createIndex, createOpaqueImage, type Image } from '../support/content.ts'
import { createHttpClient } from '../support/http-request.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

interface Entry {
  readonly name: string
  readonly sync_status: string
  readonly status_message: string | null
  readonly quay_repository: string | null
}

const settings = (more: object) => ({
  env: {
    QUAY_OVERRIDE_CONFIG: JSON.stringify({
      ...{ SUPER_USERS: ['quay'], FEATURE_ORG_MIRROR: true, FEATURE_PROXY_CACHE: true },
      ...{ FEATURE_IMMUTABLE_TAGS: true, ORG_MIRROR_INTERVAL: 1, ...more },
    }),
  },
})

let source: TestServer
let site: TestServer
let there: ApiClient
let here: ApiClient
let token: string
const images = {
  web: createOpaqueImage('web', [1_000]),
  api: createOpaqueImage('api', [1_000]),
  tool: createOpaqueImage('tool', [1_000]),
}

beforeAll(async () => {
  source = await startTestServer(settings({}))
  site = await startTestServer(settings({ SSRF_ALLOWED_HOSTS: ['127.0.0.1'] }))
  there = await source.signedIn()
  here = await site.signedIn()
  await there.post('/api/v1/organization/', { name: 'acme' }, 201)
  const client = source.client()
  for (const [name, image] of Object.entries(images)) {
    await client.pushImage(`acme/${name}`, 'v1', image)
  }
  const applications = '/api/v1/organization/acme/applications'
  const { client_id } = (await there.post(applications, { name: 'mirror' })) as {
    client_id: string
  }
  const drawn = await there.post(`${applications}/${client_id}/tokens`, {
    ...{ name: 'mirror', scope: 'repo:read user:read org:admin' },
  })
  token = (drawn as { token: string }).token
})
afterAll(() => Promise.all([source.stop(), site.stop()]))

async function organization(name: string): Promise<string> {
  await here.post('/api/v1/organization/', { name }, 201)
  await here.put(`/api/v1/organization/${name}/robots/mirror`, {}, 201)
  return `/api/v1/organization/${name}/mirror`
}

const wishes = (name: string, more: object = {}) => ({
  ...{ external_registry_type: 'quay', external_registry_url: source.urls.https },
  ...{ external_namespace: 'acme', external_registry_password: token },
  ...{ external_registry_config: { verify_tls: false }, robot_username: `${name}+mirror` },
  ...{ visibility: 'private', sync_interval: 3_600, sync_start_date: '2026-01-04T20:45:00Z' },
  ...more,
})

const entries = async (path: string, query = ''): Promise<readonly Entry[]> =>
  ((await here.get(`${path}/repositories${query}`)) as { repositories: Entry[] }).repositories

const settled = (path: string, count: number) =>
  until('all repositories to be mirrored', async () => {
    const found = await entries(path, '?status=success')
    return found.length === count ? found : undefined
  })

const told = async (method: string, path: string, body?: unknown) => {
  const answer = await here.request(method, path, body)
  const { detail, message, error_message } = answer.json() as Record<string, string>
  return [answer.status, error_message ?? detail ?? message]
}

async function expectSame(repository: string, tag: string, image: Image) {
  const pulled = await site.client().getManifest(repository, tag)
  expect(pulled.body.equals(image.manifest.bytes)).toBe(true)
  for (const { digest } of image.blobs) {
    expect((await site.client().pullBlob(repository, digest)).digest).toBe(digest)
  }
}

describe('an organization that follows one of another Quay', () => {
  let path: string
  beforeAll(async () => {
    path = await organization('follower')
    await here.post(path, wishes('follower', { repository_filters: ['web', 'a*'] }), 201)
  })

  it('finds its repositories and has all their tags, byte for byte', async () => {
    await settled(path, 2)
    await expectSame('follower/web', 'v1', images.web)
    await expectSame('follower/api', 'v1', images.api)
    expect(await here.get(path)).toMatchObject({
      ...{ is_enabled: true, external_registry_type: 'quay', external_namespace: 'acme' },
      ...{ external_registry_username: null, has_external_registry_password: true },
      ...{ repository_filters: ['web', 'a*'], robot_username: 'follower+mirror' },
      ...{ sync_status: 'SUCCESS', sync_retries_remaining: 3 },
      repo_sync_status_counts: { SUCCESS: 2, FAIL: 0, SKIP: 0 },
    })
    expect(JSON.stringify(await here.get(path))).not.toContain(token)
    expect(await here.get('/api/v1/repository/follower/web')).toMatchObject({
      ...{ state: 'ORG_MIRROR', is_public: false },
    })
  })

  it('takes no push and no other repository, and keeps its robot', async () => {
    const push = site.client().pushImage('follower/web', 'v2', images.tool)
    await expect(push).rejects.toThrow()
    await expect(site.client().pushImage('follower/own', 'v1', images.tool)).rejects.toThrow()
    const managed = 'organization is managed by organization-level mirroring'
    const wanted = { repository: 'own', namespace: 'follower', visibility: 'private' }
    const repository = { ...wanted, description: '' }
    expect(await told('POST', '/api/v1/repository', repository)).toEqual([
      ...[400, `Cannot create repository: ${managed}`],
    ])
    const upstream = { upstream_registry: '127.0.0.1' }
    expect(await told('POST', '/api/v1/organization/follower/proxycache', upstream)).toEqual([
      ...[400, `Cannot create proxy cache: ${managed}`],
    ])
    const policies = '/api/v1/organization/follower/immutabilitypolicy/'
    expect(await told('POST', policies, { tagPattern: 'v.*' })).toEqual([
      ...[400, `Cannot create immutability policy: ${managed}`],
    ])
    expect(await told('DELETE', '/api/v1/organization/follower/robots/mirror')).toEqual([
      ...[400, 'Robot is being used by a mirror'],
    ])
  })

  it('follows what changes there: new tags, new repositories, and those that went', async () => {
    const index = createIndex([{ manifest: images.web.manifest }])
    await source.client().putManifest('acme/web', 'all', index)
    await source.client().pushImage('acme/agent', 'v1', images.tool)
    await there.delete('/api/v1/repository/acme/api')
    await here.post(`${path}/sync-now`, undefined, 204)
    const gone = await until('the one that went', async () =>
      (await entries(path, '?status=SKIP')).find(({ name }) => name === 'api'),
    )
    expect(gone.status_message).toBe('Repository no longer in source registry')
    await settled(path, 2)
    expect(
      (await entries(path)).map(({ name, quay_repository }) => [name, quay_repository]),
    ).toEqual([
      ['agent', 'follower/agent'],
      ['api', 'follower/api'],
      ['web', 'follower/web'],
    ])
    const pulled = await site.client().getManifest('follower/web', 'all')
    expect(pulled.body.equals(index.bytes)).toBe(true)
    // What went there stays here.
    await expectSame('follower/api', 'v1', images.api)
    await source.client().pushImage('acme/api', 'v2', images.tool)
    await here.post(`${path}/sync-now`, undefined, 204)
    await settled(path, 3)
    await expectSame('follower/api', 'v2', images.tool)
  })

  it('becomes an ordinary one with what it has', async () => {
    await here.delete(path)
    expect((await here.request('GET', path)).status).toBe(404)
    expect(await here.get('/api/v1/repository/follower/web')).toMatchObject({ state: 'NORMAL' })
    await site.client().pushImage('follower/web', 'v2', images.tool)
  })

  it('is told of in the log', async () => {
    const logs: { kind: string; metadata: Record<string, unknown> }[] = []
    let page: string | undefined = ''
    while (page !== undefined) {
      const query: string = page === '' ? '' : `?next_page=${page}`
      const found = (await here.get(`/api/v1/organization/follower/logs${query}`)) as {
        logs: typeof logs
        next_page?: string
      }
      logs.push(...found.logs)
      page = found.next_page
    }
    const kinds = new Set(logs.map(({ kind }) => kind))
    for (const kind of ['enabled', 'repo_created', 'sync_started', 'sync_success', 'disabled']) {
      expect(kinds).toContain(`org_mirror_${kind}`)
    }
    expect(logs.find(({ kind }) => kind === 'org_mirror_repo_created')?.metadata).toMatchObject({
      ...{ visibility: 'private', via_org_mirror: true },
    })
    expect(logs.find(({ metadata }) => metadata['verb'] === 'end')?.metadata).toMatchObject({
      ...{ namespace: 'follower', tag: null, tags: null, stdout: null, stderr: null },
    })
  })

  it('is told of in the metrics', async () => {
    const { body } = await createHttpClient().request('GET', `${site.urls.metrics}/metrics`)
    // Nothing waits, and nothing is left of the one that there was.
    for (const name of ['mirror_configs_pending_discovery', 'mirror_repositories_unmirrored']) {
      expect(body.toString()).toMatch(new RegExp(`^quay_org_${name}{.*} 0$`, 'm'))
    }
  })
})

describe('a configuration', () => {
  it('needs an organization that is empty, and its own robot', async () => {
    const path = await organization('picky')
    await site.client().pushImage('picky/own', 'v1', images.tool)
    expect(await told('POST', path, wishes('picky'))).toEqual([
      400,
      'Cannot create organization mirror: the organization already contains repositories. Organization mirroring requires an empty organization.',
    ])
    const other = await organization('other')
    expect(await told('POST', other, wishes('picky'))).toEqual([
      ...[400, 'Robot account must belong to the organization'],
    ])
    expect(await told('POST', other, wishes('nobody'))).toEqual([
      ...[400, 'Invalid robot account: nobody+mirror'],
    ])
    expect((await here.request('GET', other)).status).toBe(404)
  })

  it.each([
    [{ sync_interval: 59 }, 'sync_interval must be at least 60 seconds'],
    [{ skopeo_timeout: 29 }, 'skopeo_timeout must be between 30 and 3600 seconds'],
    [
      { sync_start_date: 'tomorrow' },
      'Invalid sync_start_date format. Use ISO 8601: YYYY-MM-DDTHH:MM:SSZ',
    ],
    [{ external_registry_url: 'ftp://x' }, 'The provided registry URL is not allowed'],
    [{ external_registry_url: 'http://10.1.2.3' }, 'The provided registry URL is not allowed'],
    [
      { external_registry_url: 'https://user:secret@127.0.0.1' },
      'The provided registry URL is not allowed',
    ],
    [{ external_namespace: '..' }, "'..' is no namespace of a registry"],
  ])('is refused with %j', async (more, message) => {
    const body = wishes('other', more)
    expect(await told('POST', '/api/v1/organization/other/mirror', body)).toEqual([400, message])
  })

  it('tells what is wrong with its source, and fails without breaking anything', async () => {
    const path = '/api/v1/organization/other/mirror'
    const start = { is_enabled: false }
    await here.post(path, wishes('other', start), 201)
    const verify = () => here.post(`${path}/verify`)
    expect(await verify()).toEqual({ success: true, message: 'Connection successful' })
    await here.put(path, {})
    await here.put(path, { external_registry_password: 'wrong' })
    expect(await verify()).toEqual({ success: false, message: 'Authentication failed' })
    await here.put(path, { external_registry_password: token, external_namespace: 'nobody' })
    const missing = { success: false, message: "Namespace 'nobody' not found" }
    expect(await verify()).toEqual(missing)
    await here.put(path, { external_registry_config: {} })
    expect(await verify()).toMatchObject({ success: false })
    const proxied = (https_proxy: string) => ({
      external_registry_config: { verify_tls: false, proxy: { https_proxy } },
    })
    await here.put(path, proxied('http://me:pass-of-proxy@127.0.0.1:1'))
    const shown = proxied('http://me:********@127.0.0.1:1')
    expect(await here.get(path)).toMatchObject(shown)
    await here.put(path, shown)
    expect(await here.get(path)).toMatchObject(shown)
    await here.put(path, { external_registry_config: {} })
    // What was entered for one host is not shown to another.
    const keeps = async () =>
      ((await here.get(path)) as Record<string, unknown>)['has_external_registry_password']
    await here.put(path, { external_registry_url: `${source.urls.https}/` })
    expect(await keeps()).toBe(true)
    await here.put(path, { external_registry_url: 'https://127.0.0.1:1' })
    expect(await keeps()).toBe(false)
    await here.put(path, {
      ...{ external_registry_url: source.urls.https, external_registry_password: token },
    })
    expect(await keeps()).toBe(true)
    await here.post(`${path}/sync-now`, undefined, 204)
    await until('the failure', async () => {
      const { sync_status } = (await here.get(path)) as { sync_status: string }
      return sync_status === 'FAIL' ? true : undefined
    })
    expect(await entries(path)).toEqual([])
    await here.post(`${path}/sync-cancel`, undefined, 204)
    await until('the schedule to go on', async () => {
      const { sync_status } = (await here.get(path)) as { sync_status: string }
      return sync_status === 'SUCCESS' ? true : undefined
    })
    expect(await told('GET', `${path}/repositories?status=odd`)).toEqual([
      400,
      "Invalid status filter 'odd'. Valid values: CANCEL, FAIL, NEVER_RUN, SUCCESS, SYNCING, SYNC_NOW, SKIP",
    ])
  })
})

/** What Harbor's API tells, in front of Distribution: no Harbor runs here. */
describe('an organization that follows a project of Harbor', () => {
  let peer: PeerRegistry
  let front: Server
  beforeAll(async () => {
    peer = await startPeerRegistry({ plain: true })
    await peer.client().pushImage('lab/one', 'v1', images.web)
    await peer.client().pushImage('lab/deep/two', 'v1', images.api)
    front = createServer((req, res) => {
      const url = new URL(req.url ?? '/', 'http://harbor')
      if (url.pathname === '/api/v2.0/projects/lab/repositories') {
        const names = url.searchParams.get('page') === '1' ? ['lab/one'] : ['lab/deep/two']
        const isFirst = url.searchParams.get('page') === '1'
        res.writeHead(200, {
          'content-type': 'application/json',
          ...(isFirst && { link: '</api/v2.0/projects/lab/repositories?page=2>; rel="next"' }),
        })
        res.end(JSON.stringify(names.map((name) => ({ name }))))
        return
      }
      if (!url.pathname.startsWith('/v2/')) {
        res.writeHead(404).end()
        return
      }
      res.writeHead(307, { location: new URL(req.url ?? '/', peer.url).href }).end()
    })
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    front.close()
    await peer.stop()
  })

  it('finds what its pages list', async () => {
    const { port } = front.address() as AddressInfo
    const path = await organization('harbored')
    const harbor = {
      ...{ external_registry_type: 'harbor', external_namespace: 'lab' },
      external_registry_url: `http://127.0.0.1:${String(port)}`,
      ...{ external_registry_username: peer.username, external_registry_password: peer.password },
    }
    await here.post(path, wishes('harbored', harbor), 201)
    const found = await until('both', async () => {
      const all = await entries(path)
      return all.length === 2 ? all : undefined
    })
    expect(found.map(({ name }) => name)).toEqual(['deep/two', 'one'])
  })
})
