import { generateKeyPairSync, sign } from 'node:crypto'
import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ApiClient } from '../support/api-client.ts'
import { createArtifact, createIndex, createJson, createOpaqueImage } from '../support/content.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { createHttpClient } from '../support/http-request.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const mebibyte = 1024 * 1024
const waiting = { timeoutMs: 60_000, everyMs: 50 }
const organization = 'acme'
const robot = `${organization}+mirror`

interface Mirror {
  readonly sync_status: string
  readonly sync_retries_remaining: number
  readonly sync_start_date: string | null
  readonly external_registry_username: string | null
}

interface Details {
  readonly state: string
  readonly progress: { readonly done: number; readonly itemsTotal: number } | null
  readonly last_run: Run | null
}

interface Run {
  readonly id: number
  readonly result: string
  readonly code: string | null
  readonly message: string | null
  readonly tags: Readonly<Record<string, number>>
}

let peer: PeerRegistry
let source: RegistryClient
let link: CuttingProxy
let server: TestServer
let api: ApiClient
let registry: RegistryClient

beforeAll(async () => {
  peer = await startPeerRegistry()
  source = peer.client()
  link = await startCuttingProxy(peer.host)
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_REPO_MIRROR: true,
        FEATURE_SUPERUSERS_FULL_ACCESS: true,
        REPO_MIRROR_INTERVAL: 1,
        REPO_MIRROR_ROLLBACK: true,
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      }),
    },
  })
  api = await server.signedIn()
  registry = server.client()
  await api.post('/api/v1/organization/', { name: organization, email: 'a@example.com' }, 201)
  for (const name of ['mirror', 'other']) {
    await api.put(`/api/v1/organization/${organization}/robots/${name}`, {}, 201)
  }
})

afterAll(async () => {
  await server.stop()
  await link.stop()
  await peer.stop()
})

const pathOf = (name: string) => `/api/v1/repository/${organization}/${name}/mirror`
const ownPathOf = (name: string) => `/api/v1/mooring/repository/${organization}/${name}/mirror`

async function createMirror(name: string, body: Readonly<Record<string, unknown>> = {}) {
  await api.post(
    '/api/v1/repository',
    { namespace: organization, repository: name, visibility: 'private', description: '' },
    201,
  )
  await api.post(
    pathOf(name),
    {
      external_reference: `${peer.host}/library/${name}`,
      external_registry_username: peer.username,
      external_registry_password: peer.password,
      sync_interval: 86_400,
      sync_start_date: '2020-01-01T00:00:00Z',
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      skopeo_timeout_interval: 300,
      robot_username: robot,
      ...body,
    },
    201,
  )
}

const mirrorOf = async (name: string) => (await api.get(pathOf(name))) as Mirror
const detailsOf = async (name: string) => (await api.get(ownPathOf(name))) as Details

/** Waits for the end of a run after the one that is known. */
const ended = (name: string, after = 0) =>
  until(
    `a run of ${name}`,
    async () => {
      const { runs } = (await api.get(`${ownPathOf(name)}/runs`)) as { runs: readonly Run[] }
      return runs.find(({ id, result }) => id > after && result !== 'running')
    },
    waiting,
  )

async function syncAgain(name: string) {
  const before = (await detailsOf(name)).last_run?.id
  // A retry may run right now.
  await until('a run to be asked for', async () => {
    const { status } = await api.request('POST', `${pathOf(name)}/sync-now`)
    return status === 204 ? true : undefined
  })
  return ended(name, before)
}

const tagsOf = async (name: string) => {
  const answer = await registry.request('GET', `/v2/${organization}/${name}/tags/list`)
  return [...((answer.json() as { tags: string[] | null }).tags ?? [])].sort()
}

const kindsOf = async (name: string) => {
  const path = `/api/v1/repository/${organization}/${name}/logs`
  const { logs } = (await api.get(path)) as { logs: { kind: string; metadata: object }[] }
  return logs
}

async function expectSame(name: string, tag: string) {
  const there = await source.getManifest(`library/${name}`, tag)
  const here = await registry.getManifest(`${organization}/${name}`, tag)
  expect(here.status).toBe(200)
  expect(here.header('docker-content-digest')).toBe(there.header('docker-content-digest'))
  expect(here.body.equals(there.body)).toBe(true)
}

it('does not trust the certificate of an authority that nobody knows, until it is added', async () => {
  await source.pushImage('library/web', 'v1', createOpaqueImage('web-1', [100]))
  // Nobody answers there, which takes a while to be sure of.
  await createMirror('nowhere', { external_reference: '127.0.0.1:1/a/b' })
  await createMirror('web', {
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*', 'multi'] },
  })
  expect(await ended('web')).toMatchObject({ result: 'failed', code: 'tls_error' })
  const folder = join(server.dataDir, 'config/extra_ca_certs')
  await mkdir(folder, { recursive: true })
  await copyFile(peer.caFile, join(folder, 'peer.crt'))
  await until(
    'the authority to be trusted',
    async () => ((await syncAgain('web')).result === 'success' ? true : undefined),
    waiting,
  )
  expect(await mirrorOf('web')).toMatchObject({ sync_status: 'SUCCESS', sync_retries_remaining: 3 })
})

describe('a mirror', () => {
  it('has what the upstream has, byte for byte, by its schedule', async () => {
    const child = createOpaqueImage('web-multi', [100])
    await source.pushImage('library/web', child.manifest.digest, child)
    const index = createIndex([
      { manifest: child.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    ])
    await source.putManifest('library/web', 'multi', index)
    await source.pushImage('library/web', 'v2', createOpaqueImage('web-2', [100]))
    await source.pushImage('library/web', 'edge', createOpaqueImage('web-edge', [100]))
    const before = (await detailsOf('web')).last_run?.id
    await api.put(pathOf('web'), { sync_start_date: '2020-01-01T00:00:00Z' }, 201)
    const run = await ended('web', before)
    expect(run).toMatchObject({ result: 'success', tags: { matched: 3, new: 2, unchanged: 1 } })
    expect(await tagsOf('web')).toEqual(['multi', 'v1', 'v2'])
    for (const tag of ['multi', 'v1', 'v2']) await expectSame('web', tag)
    const { sync_start_date: next } = await mirrorOf('web')
    expect(Date.parse(next ?? '')).toBeGreaterThan(Date.now())
    const kinds = (await kindsOf('web')).map(({ kind }) => kind)
    for (const kind of ['started', 'tag_success', 'success']) {
      expect(kinds).toContain(`repo_mirror_sync_${kind}`)
    }
  })

  it('takes pushes from its robot only, which cannot be deleted', async () => {
    const image = createOpaqueImage('pushed', [100])
    const tokenOf = async (name: string) => {
      const path = `/api/v1/organization/${organization}/robots/${name}`
      return ((await api.get(path)) as { token: string }).token
    }
    const push = async (username: string, password: string) => {
      const client = server.client({ username, password })
      await client.pushImage(`${organization}/web`, 'pushed', image)
    }
    await api.put(`/api/v1/repository/${organization}/web/permissions/user/${organization}+other`, {
      role: 'write',
    })
    await expect(push(`${organization}+other`, await tokenOf('other'))).rejects.toThrow()
    await expect(push(server.username, server.password)).rejects.toThrow()
    await push(robot, await tokenOf('mirror'))
    expect(await tagsOf('web')).toContain('pushed')
    const robots = `/api/v1/organization/${organization}/robots`
    expect(await api.delete(`${robots}/mirror`, 400)).toMatchObject({
      message: 'Robot is being used by a mirror',
    })
    const answer = await api.request('DELETE', `/api/v1/repository/${organization}/web/tag/v1`)
    expect(answer.status).toBe(503)
  })

  it('loses what does not match any more, and keeps everything when nothing matches', async () => {
    await api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] } },
      201,
    )
    expect(await syncAgain('web')).toMatchObject({ result: 'success', tags: { removed: 2 } })
    expect(await tagsOf('web')).toEqual(['v1', 'v2'])
    await api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['x'] } },
      201,
    )
    expect(await syncAgain('web')).toMatchObject({ result: 'success', tags: { matched: 0 } })
    expect(await tagsOf('web')).toEqual(['v1', 'v2'])
  })

  it('shows before what it would do', async () => {
    const preview = await api.post(`${ownPathOf('web')}/preview`, {
      patterns: ['*'],
      rules: { newest: 1, exclude: ['multi'] },
    })
    expect(preview).toMatchObject({ total: 4, matched: 1, tags: ['v2'] })
    await api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v2', 'edge'] } },
      201,
    )
    expect(await api.post(`${ownPathOf('web')}/dry-run`)).toMatchObject({
      complete: true,
      counts: { new: 1, unchanged: 1, removed: 1, updated: 0, failed: 0 },
    })
    expect(await tagsOf('web')).toEqual(['v1', 'v2'])
  })

  it('is as before when a run fails', async () => {
    await api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] } },
      201,
    )
    const broken = createOpaqueImage('web-broken', [100])
    await source.pushImage('library/web', 'v3', broken)
    await source.pushImage('library/web', 'v1', createOpaqueImage('web-1-changed', [100]))
    const [layer] = broken.blobs
    await source.request('DELETE', `/v2/library/web/blobs/${layer?.digest ?? ''}`)
    const before = await registry.getManifest(`${organization}/web`, 'v1')
    const run = await syncAgain('web')
    expect(run).toMatchObject({ result: 'partial', code: 'not_found', tags: { failed: 1 } })
    expect(await tagsOf('web')).toEqual(['v1', 'v2'])
    const after = await registry.getManifest(`${organization}/web`, 'v1')
    expect(after.body.equals(before.body)).toBe(true)
    expect(await mirrorOf('web')).toMatchObject({ sync_status: 'FAIL', sync_retries_remaining: 2 })
    const failed = (await kindsOf('web')).find(({ kind }) => kind === 'repo_mirror_sync_failed')
    expect(failed?.metadata).toMatchObject({ verb: 'end', tags: 'v1, v2, v3(FAILED)' })
    await source.request('DELETE', `/v2/library/web/manifests/${broken.manifest.digest}`)
  })

  it('says why the upstream gives nothing', async () => {
    await createMirror('refused', { external_registry_password: 'wrong' })
    await createMirror('absent')
    expect(await ended('refused')).toMatchObject({ result: 'failed', code: 'auth_failed' })
    expect(await ended('nowhere')).toMatchObject({ result: 'failed', code: 'connection_error' })
    expect(await ended('absent')).toMatchObject({ result: 'failed', code: 'not_found' })
    const { body } = await createHttpClient().request('GET', `${server.urls.metrics}/metrics`)
    expect(body.toString()).toMatch(/sync_failures_total{namespace="acme",reason="auth_failed"/)
    const health = await api.request('GET', '/api/v1/superuser/mirror/health')
    expect(health.status).toBe(503)
    expect(health.json()).toMatchObject({ healthy: false, workers: { active: 1 } })
  })
})

describe('what is asked of a mirror', () => {
  const noProxy = { https_proxy: null }
  const known = {
    external_reference: '127.0.0.1:1/acme/web',
    sync_interval: 60,
    sync_start_date: '2099-01-01T00:00:00Z',
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
    skopeo_timeout_interval: 300,
    robot_username: robot,
  }

  beforeAll(async () => {
    await createMirror('asked', known)
    const body = { namespace: organization, repository: 'plain', visibility: 'private' }
    await api.post('/api/v1/repository', { ...body, description: '' }, 201)
  })

  it.each([
    ['a scheme', { external_reference: 'https://quay.io/a/b' }, 'must not include a URL scheme'],
    ['no path', { external_reference: 'quay.io' }, 'must include a repository path'],
    ['an inner address', { external_reference: '10.1.2.3/a/b' }, 'location is not allowed'],
    ['a date', { sync_start_date: 'tomorrow' }, 'Incorrect DateTime format for sync_start_date.'],
    ['a short time', { skopeo_timeout_interval: 299 }, 'cannot be less than 300 seconds'],
    ['architectures', { architecture_filter: ['amd64'] }, 'requires FEATURE_SPARSE_INDEX'],
    ['another robot', { robot_username: 'other+mirror' }, 'Invalid robot'],
    ['no robot', { robot_username: `${organization}+none` }, 'Could not find robot'],
    ['no tags', { root_rule: { rule_kind: 'tag_glob_csv', rule_value: [] } }, 'is too short'],
  ])('is refused when it has %s', async (_what, wrong, message) => {
    const before = await mirrorOf('asked')
    for (const [method, path, body] of [
      ['POST', pathOf('plain'), { ...known, ...wrong }],
      ['PUT', pathOf('asked'), { sync_interval: 7, ...wrong }],
    ] as const) {
      const answer = await api.request(method, path, body)
      expect(answer.status).toBe(400)
      expect(answer.text()).toContain(message)
    }
    expect(await mirrorOf('asked')).toEqual(before)
  })

  it.each([
    [{ external_registry_password: 'x' }, 'without also specifying a username.'],
    [
      { external_registry_username: null, external_registry_password: 'x' },
      'Unable to delete username while setting a password.',
    ],
  ])('is refused when credentials make no sense: %o', async (wrong, message) => {
    const answer = await api.request('PUT', pathOf('asked'), wrong)
    expect(answer.status).toBe(400)
    expect((answer.json() as { detail: string }).detail).toContain(message)
  })

  it('is answered with what there is, but never with a password', async () => {
    const answer = await api.request('POST', pathOf('asked'), known)
    expect(answer.status).toBe(409)
    expect(answer.json()).toEqual({
      detail: `Mirror configuration already exits for repository ${organization}/asked`,
    })
    const proxy = { https_proxy: 'http://ada:secret-word@proxy.lan:3128' }
    await api.put(pathOf('asked'), { external_registry_config: { proxy } }, 201)
    const shown = await api.request('GET', pathOf('asked'))
    expect(shown.text()).toContain('http://ada:********@proxy.lan:3128')
    expect(shown.text()).not.toContain(peer.password)
    const logs = JSON.stringify(await kindsOf('asked'))
    expect(logs).toContain('repo_mirror_config_changed')
    expect(logs).not.toContain('secret-word')
    expect(logs).not.toContain(peer.password)
    await api.get(pathOf('plain'), 404)
    await api.put(pathOf('plain'), { is_enabled: false }, 404)
  })

  it('forgets a password that was meant for another host', async () => {
    const reference = { external_reference: `${link.host}/library/web` }
    await api.put(pathOf('asked'), reference, 201)
    expect(await mirrorOf('asked')).toMatchObject({ external_registry_username: peer.username })
    const settings = { proxy: noProxy, verify_tls: false }
    await api.put(pathOf('asked'), { external_registry_config: settings }, 201)
    expect(await syncAgain('asked')).toMatchObject({ code: 'auth_failed' })
  })

  it('pauses, resumes and lets go of many at once', async () => {
    const bulk = (action: string) =>
      api.post('/api/v1/mooring/mirrors/bulk', {
        ...{ action, repositories: [`${organization}/asked`, `${organization}/plain`] },
      })
    const outcome = [{ ok: true }, { ok: false, status: 404 }]
    expect(await bulk('pause')).toMatchObject({ results: outcome })
    expect(await detailsOf('asked')).toMatchObject({ state: 'paused' })
    const paused = (await api.get('/api/v1/mooring/mirrors?state=paused')) as { items: object[] }
    expect(paused.items).toMatchObject([{ repository: `${organization}/asked` }])
    expect(await bulk('resume')).toMatchObject({ results: outcome })
    expect(await detailsOf('asked')).toMatchObject({ state: 'failed' })
    expect(await bulk('delete')).toMatchObject({ results: outcome })
    await api.get(pathOf('asked'), 404)
  })
})

it('is made, run and tried by commands', async () => {
  await source.pushImage('library/cli', '1.1', createOpaqueImage('cli', [100]))
  const name = `${organization}/cli`
  const passwordFile = join(server.dataDir, 'upstream-password')
  // Commands do not see what the environment told the server.
  const settings = 'FEATURE_REPO_MIRROR: true\nSSRF_ALLOWED_HOSTS: [127.0.0.1]\n'
  await appendFile(join(server.dataDir, 'config/config.yaml'), settings)
  await writeFile(passwordFile, `${peer.password}\n`)
  await server.mooring(
    ['mirror', 'create', name],
    [
      ...['--from', `${peer.host}/library/cli`, '--tag', '1.*', '--every', '24h'],
      ...['--username', peer.username, '--password-file', passwordFile],
      ...['--window', 'mon-sun@00:00-24:00', '--rate', '50MB/s'],
    ],
  )
  await ended('cli')
  const run = await server.mooring(['mirror', 'sync', name], ['--json'])
  expect(JSON.parse(run)).toMatchObject({ state: 'idle', last_run: { tags: { unchanged: 1 } } })
  expect(await tagsOf('cli')).toEqual(['1.1'])
  const shown = await server.mooring(['mirror', 'show', name])
  expect(shown).toContain('by itself only in mon-sun@00:00-24:00\n  no faster than 50MB/s')
  const plan = await server.mooring(['mirror', 'dry-run', name], ['--json'])
  expect(JSON.parse(plan)).toMatchObject({ tags: [{ name: '1.1', action: 'unchanged' }] })
})

describe('a mirror that asks for signatures', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

  /** As `cosign sign --key` does, with the signature in a tag. */
  async function signUpstream(repository: string, digest: string) {
    const payload = {
      critical: {
        identity: { 'docker-reference': `registry.example/${repository}` },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }
    const layer = createJson(payload, 'application/vnd.dev.cosign.simplesigning.v1+json')
    const signature = sign('sha256', layer.bytes, pair.privateKey).toString('base64')
    const { manifest, blobs } = createArtifact({ artifactType: 'unused', layers: [layer] })
    const annotations = { 'dev.cosignproject.cosign/signature': signature }
    const parsed = JSON.parse(manifest.bytes.toString()) as { layers: object[] }
    const layers = parsed.layers.map((one) => ({ ...one, annotations }))
    const signed = createJson({ ...parsed, layers }, manifest.mediaType)
    const tag = `${digest.replace(':', '-')}.sig`
    await source.pushImage(repository, tag, { manifest: signed, blobs })
    return tag
  }

  it('has what was signed, with the signature, and refuses the rest by name', async () => {
    const good = createOpaqueImage('good', [100])
    const bad = createOpaqueImage('bad', [100])
    await source.pushImage('library/strict', 'v1', good)
    await source.pushImage('library/strict', 'v2', bad)
    const signature = await signUpstream('library/strict', good.manifest.digest)
    await createMirror('strict', { sync_start_date: '2090-01-01T00:00:00Z' })
    const invalid = await api.put(ownPathOf('strict'), { signature_keys: ['nothing'] }, 400)
    expect(invalid).toMatchObject({
      detail: expect.stringContaining('Invalid public key') as string,
    })
    await api.put(ownPathOf('strict'), { signature_keys: [key], exclude: ['v2'] })
    expect(await syncAgain('strict')).toMatchObject({ result: 'success', tags: { new: 1 } })
    expect(await tagsOf('strict')).toEqual([signature, 'v1'].sort())

    await api.put(ownPathOf('strict'), { exclude: [] })
    const plan = await api.post(`${ownPathOf('strict')}/dry-run`, undefined)
    const message = `${peer.host}/library/strict@${bad.manifest.digest} was refused: nobody has signed it`
    expect(plan).toMatchObject({ tags: [{ name: 'v1' }, { action: 'failed', message }] })
    expect(await syncAgain('strict')).toMatchObject({
      ...{ result: 'partial', code: 'not_signed', message },
      tags: { failed: 1, unchanged: 1 },
    })
    expect(await tagsOf('strict')).toEqual([signature, 'v1'].sort())
    expect((await registry.getManifest(`${organization}/strict`, bad.manifest.digest)).status).toBe(
      404,
    )

    await api.put(pathOf('strict'), { external_registry_config: { unsigned_images: true } }, 201)
    expect(await syncAgain('strict')).toMatchObject({ result: 'success' })
    expect(await tagsOf('strict')).toContain('v2')
  })
})

it('a mirror waits for its window, unless somebody asks, and follows a calendar', async () => {
  await source.pushImage('library/later', 'v1', createOpaqueImage('later', [100]))
  const clock = (hours: number) =>
    new Date(Date.now() + hours * 3_600_000).toTimeString().slice(0, 5)
  await createMirror('later', { is_enabled: false })
  const opening = clock(2)
  for (const rule of [{ windows: ['22-06'] }, { calendar: ['24:30'] }, { rate: 'fast' }]) {
    await api.put(ownPathOf('later'), rule, 400)
  }
  const rules = { windows: [`${opening}-${clock(3)}`], rate: '100MB/s' }
  expect(await api.put(ownPathOf('later'), rules)).toMatchObject({ rules })
  await api.put(pathOf('later'), { is_enabled: true }, 201)
  const next = await until(
    'the run to be put off',
    async () => {
      const { sync_start_date: at } = await mirrorOf('later')
      return at !== null && Date.parse(at) > Date.now() ? at : undefined
    },
    waiting,
  )
  expect(new Date(next).toTimeString().slice(0, 5)).toBe(opening)
  expect((await detailsOf('later')).last_run).toBeNull()

  expect(await syncAgain('later')).toMatchObject({ result: 'success', tags: { new: 1 } })
  const at = clock(5)
  await api.put(ownPathOf('later'), { windows: [], calendar: [at] })
  const { sync_start_date: planned } = await mirrorOf('later')
  expect(new Date(planned ?? '').toTimeString().slice(0, 5)).toBe(at)
})

describe('a run on a slow link', () => {
  const large = createOpaqueImage('large', [3 * mebibyte, 3 * mebibyte])

  beforeAll(async () => {
    await source.pushImage('library/large', 'v1', large)
    link.change({ bytesPerSecond: 2.5 * mebibyte })
    await createMirror('large', {
      external_reference: `${link.host}/library/large`,
      is_enabled: false,
    })
  })

  const copying = () =>
    until(
      'some bytes',
      async () => {
        const { progress } = await detailsOf('large')
        return (progress?.done ?? 0) > mebibyte ? progress : undefined
      },
      waiting,
    )

  it('ends soon after it was cancelled, and may be asked for again', async () => {
    await api.post(`${pathOf('large')}/sync-now`, undefined, 204)
    await copying()
    await api.post(`${pathOf('large')}/sync-now`, undefined, 404)
    await api.post(`${pathOf('large')}/sync-cancel`, undefined, 204)
    const run = await ended('large')
    expect(run).toMatchObject({ result: 'cancelled', code: 'cancelled' })
    expect(await mirrorOf('large')).toMatchObject({ sync_status: 'CANCEL' })
    expect(await tagsOf('large')).toEqual([])
    await api.post(`${pathOf('large')}/sync-cancel`, undefined, 404)
  })

  it('goes on after the server was killed, with what it had', async () => {
    const { last_run: before } = await detailsOf('large')
    await api.post(`${pathOf('large')}/sync-now`, undefined, 204)
    const run = await until('the next run', async () => {
      const { last_run: last } = await detailsOf('large')
      return last !== null && last.id !== before?.id ? last : undefined
    })
    await until(
      'the first layer',
      () => (link.bytesDown > 4.5 * mebibyte ? true : undefined),
      waiting,
    )
    await server.kill9()
    await server.restart()
    api = await server.signedIn()
    registry = server.client()
    const end = await ended('large', before?.id)
    expect(end).toMatchObject({ id: run.id, result: 'success', tags: { new: 1 } })
    await expectSame('large', 'v1')
    // Both runs and the restart together: nearly nothing came twice.
    expect(link.bytesDown).toBeLessThan(9 * mebibyte)
  })
})

it('follows another Mooring, with signatures, and lets go of it', async () => {
  await using upstream = await startTestServer()
  const client = upstream.client()
  const account = await upstream.signedIn()
  await account.post('/api/v1/organization/', { name: 'base', email: 'b@example.com' }, 201)
  const image = createOpaqueImage('signed', [100])
  await client.pushImage('base/tool', '1.0', image)
  const signature = createArtifact({
    artifactType: 'application/vnd.example.signature',
    subject: image.manifest,
  })
  await client.pushImage('base/tool', signature.manifest.digest, signature)
  await createMirror('tool', {
    external_reference: `${upstream.host}/base/tool`,
    external_registry_username: upstream.username,
    external_registry_password: upstream.password,
    external_registry_config: { verify_tls: false },
  })
  expect(await ended('tool')).toMatchObject({ result: 'success', tags: { new: 1 } })
  const referrers = await registry.listReferrers(`${organization}/tool`, image.manifest.digest)
  expect(referrers.map(({ digest }) => digest)).toEqual([signature.manifest.digest])
  await api.delete(ownPathOf('tool'), 204)
  expect(await tagsOf('tool')).toEqual(['1.0'])
  expect(await api.get(`/api/v1/repository/${organization}/tool`)).toMatchObject({
    state: 'NORMAL',
  })
  await registry.pushImage(`${organization}/tool`, 'own', image)
})
