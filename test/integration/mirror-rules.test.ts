import { generateKeyPairSync, sign } from 'node:crypto'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArtifact, createJson, createOpaqueImage } from '../support/content.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { createHttpClient } from '../support/http-request.ts'
import {
  organization,
  ownPathOf,
  pathOf,
  robot,
  startMirroringSite,
  waiting,
  type MirroringSite,
} from '../support/mirroring-site.ts'
import { until } from '../support/until.ts'

let site: MirroringSite

beforeAll(async () => {
  site = await startMirroringSite()
  await site.trustPeer()
  // Nobody answers there, which takes a while to be sure of.
  await site.createMirror('nowhere', { external_reference: '127.0.0.1:1/a/b' })
})
afterAll(() => site[Symbol.asyncDispose]())

describe('what is asked of a mirror', () => {
  const noProxy = { https_proxy: null }
  /** The peer by another address. */
  let link: CuttingProxy
  const known = {
    external_reference: '127.0.0.1:1/acme/web',
    sync_interval: 60,
    sync_start_date: '2099-01-01T00:00:00Z',
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
    skopeo_timeout_interval: 300,
    robot_username: robot,
  }

  beforeAll(async () => {
    link = await startCuttingProxy(site.peer.host)
    await site.createMirror('asked', known)
    const body = { namespace: organization, repository: 'plain', visibility: 'private' }
    await site.api.post('/api/v1/repository', { ...body, description: '' }, 201)
  })

  afterAll(() => link.stop())

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
    const before = await site.mirrorOf('asked')
    for (const [method, path, body] of [
      ['POST', pathOf('plain'), { ...known, ...wrong }],
      ['PUT', pathOf('asked'), { sync_interval: 7, ...wrong }],
    ] as const) {
      const answer = await site.api.request(method, path, body)
      expect(answer.status).toBe(400)
      expect(answer.text()).toContain(message)
    }
    expect(await site.mirrorOf('asked')).toEqual(before)
  })

  it.each([
    [{ external_registry_password: 'x' }, 'without also specifying a username.'],
    [
      { external_registry_username: null, external_registry_password: 'x' },
      'Unable to delete username while setting a password.',
    ],
  ])('is refused when credentials make no sense: %o', async (wrong, message) => {
    const answer = await site.api.request('PUT', pathOf('asked'), wrong)
    expect(answer.status).toBe(400)
    expect((answer.json() as { detail: string }).detail).toContain(message)
  })

  it('is answered with what there is, but never with a password', async () => {
    const answer = await site.api.request('POST', pathOf('asked'), known)
    expect(answer.status).toBe(409)
    expect(answer.json()).toEqual({
      detail: `Mirror configuration already exits for repository ${organization}/asked`,
    })
    const proxy = { https_proxy: 'http://ada:secret-word@proxy.lan:3128' }
    await site.api.put(pathOf('asked'), { external_registry_config: { proxy } }, 201)
    const shown = await site.api.request('GET', pathOf('asked'))
    expect(shown.text()).toContain('http://ada:********@proxy.lan:3128')
    expect(shown.text()).not.toContain(site.peer.password)
    const logs = JSON.stringify(await site.logsOf('asked'))
    expect(logs).toContain('repo_mirror_config_changed')
    expect(logs).not.toContain('secret-word')
    expect(logs).not.toContain(site.peer.password)
    await site.api.get(pathOf('plain'), 404)
    await site.api.put(pathOf('plain'), { is_enabled: false }, 404)
  })

  it('forgets a password that was meant for another host', async () => {
    const reference = { external_reference: `${link.host}/library/web` }
    await site.api.put(pathOf('asked'), reference, 201)
    expect(await site.mirrorOf('asked')).toMatchObject({
      external_registry_username: site.peer.username,
    })
    const settings = { proxy: noProxy, verify_tls: false }
    await site.api.put(pathOf('asked'), { external_registry_config: settings }, 201)
    expect(await site.syncAgain('asked')).toMatchObject({ code: 'auth_failed' })
  })

  it('pauses, resumes and lets go of many at once', async () => {
    const bulk = (action: string) =>
      site.api.post('/api/v1/mooring/mirrors/bulk', {
        ...{ action, repositories: [`${organization}/asked`, `${organization}/plain`] },
      })
    const outcome = [{ ok: true }, { ok: false, status: 404 }]
    expect(await bulk('pause')).toMatchObject({ results: outcome })
    expect(await site.detailsOf('asked')).toMatchObject({ state: 'paused' })
    const paused = (await site.api.get('/api/v1/mooring/mirrors?state=paused')) as {
      items: object[]
    }
    expect(paused.items).toMatchObject([{ repository: `${organization}/asked` }])
    expect(await bulk('resume')).toMatchObject({ results: outcome })
    expect(await site.detailsOf('asked')).toMatchObject({ state: 'failed' })
    expect(await bulk('delete')).toMatchObject({ results: outcome })
    await site.api.get(pathOf('asked'), 404)
  })
})

it('is made, run and tried by commands', async () => {
  await site.source.pushImage('library/cli', '1.1', createOpaqueImage('cli', [100]))
  const name = `${organization}/cli`
  const passwordFile = join(site.server.dataDir, 'upstream-password')
  // Commands do not see what the environment told the site.server.
  const settings = 'FEATURE_REPO_MIRROR: true\nSSRF_ALLOWED_HOSTS: [127.0.0.1]\n'
  await appendFile(join(site.server.dataDir, 'config/config.yaml'), settings)
  await writeFile(passwordFile, `${site.peer.password}\n`)
  await site.server.mooring(
    ['mirror', 'create', name],
    [
      ...['--from', `${site.peer.host}/library/cli`, '--tag', '1.*', '--every', '24h'],
      ...['--username', site.peer.username, '--password-file', passwordFile],
      ...['--window', 'mon-sun@00:00-24:00', '--rate', '50MB/s'],
    ],
  )
  await site.ended('cli')
  const run = await site.server.mooring(['mirror', 'sync', name], ['--json'])
  expect(JSON.parse(run)).toMatchObject({ state: 'idle', last_run: { tags: { unchanged: 1 } } })
  expect(await site.tagsOf('cli')).toEqual(['1.1'])
  const shown = await site.server.mooring(['mirror', 'show', name])
  expect(shown).toContain('by itself only in mon-sun@00:00-24:00\n  no faster than 50MB/s')
  const plan = await site.server.mooring(['mirror', 'dry-run', name], ['--json'])
  expect(JSON.parse(plan)).toMatchObject({ tags: [{ name: '1.1', action: 'unchanged' }] })
})

describe('a mirror that asks for signatures', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

  /** As `cosign sign --key` does, with the signature in a tag. */
  async function signUpstream(repository: string, digest: string) {
    const payload = {
      critical: {
        identity: { 'docker-reference': `site.registry.example/${repository}` },
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
    await site.source.pushImage(repository, tag, { manifest: signed, blobs })
    return tag
  }

  it('has what was signed, with the signature, and refuses the rest by name', async () => {
    const good = createOpaqueImage('good', [100])
    const bad = createOpaqueImage('bad', [100])
    await site.source.pushImage('library/strict', 'v1', good)
    await site.source.pushImage('library/strict', 'v2', bad)
    const signature = await signUpstream('library/strict', good.manifest.digest)
    await site.createMirror('strict', { sync_start_date: '2090-01-01T00:00:00Z' })
    const invalid = await site.api.put(ownPathOf('strict'), { signature_keys: ['nothing'] }, 400)
    expect(invalid).toMatchObject({
      detail: expect.stringContaining('Invalid public key') as string,
    })
    await site.api.put(ownPathOf('strict'), { signature_keys: [key], exclude: ['v2'] })
    expect(await site.syncAgain('strict')).toMatchObject({ result: 'success', tags: { new: 1 } })
    expect(await site.tagsOf('strict')).toEqual([signature, 'v1'].sort())

    await site.api.put(ownPathOf('strict'), { exclude: [] })
    const plan = await site.api.post(`${ownPathOf('strict')}/dry-run`, undefined)
    const message = `${site.peer.host}/library/strict@${bad.manifest.digest} was refused: nobody has signed it`
    expect(plan).toMatchObject({ tags: [{ name: 'v1' }, { action: 'failed', message }] })
    expect(await site.syncAgain('strict')).toMatchObject({
      ...{ result: 'partial', code: 'not_signed', message },
      tags: { failed: 1, unchanged: 1 },
    })
    expect(await site.tagsOf('strict')).toEqual([signature, 'v1'].sort())
    expect(
      (await site.registry.getManifest(`${organization}/strict`, bad.manifest.digest)).status,
    ).toBe(404)

    await site.api.put(
      pathOf('strict'),
      { external_registry_config: { unsigned_images: true } },
      201,
    )
    expect(await site.syncAgain('strict')).toMatchObject({ result: 'success' })
    expect(await site.tagsOf('strict')).toContain('v2')
  })
})

it('a mirror waits for its window, unless somebody asks, and follows a calendar', async () => {
  await site.source.pushImage('library/later', 'v1', createOpaqueImage('later', [100]))
  const clock = (hours: number) =>
    new Date(Date.now() + hours * 3_600_000).toTimeString().slice(0, 5)
  await site.createMirror('later', { is_enabled: false })
  const opening = clock(2)
  for (const rule of [{ windows: ['22-06'] }, { calendar: ['24:30'] }, { rate: 'fast' }]) {
    await site.api.put(ownPathOf('later'), rule, 400)
  }
  const rules = { windows: [`${opening}-${clock(3)}`], rate: '100MB/s' }
  expect(await site.api.put(ownPathOf('later'), rules)).toMatchObject({ rules })
  await site.api.put(pathOf('later'), { is_enabled: true }, 201)
  const next = await until(
    'the run to be put off',
    async () => {
      const { sync_start_date: at } = await site.mirrorOf('later')
      return at !== null && Date.parse(at) > Date.now() ? at : undefined
    },
    waiting,
  )
  expect(new Date(next).toTimeString().slice(0, 5)).toBe(opening)
  expect((await site.detailsOf('later')).last_run).toBeNull()

  expect(await site.syncAgain('later')).toMatchObject({ result: 'success', tags: { new: 1 } })
  const at = clock(5)
  await site.api.put(ownPathOf('later'), { windows: [], calendar: [at] })
  const { sync_start_date: planned } = await site.mirrorOf('later')
  expect(new Date(planned ?? '').toTimeString().slice(0, 5)).toBe(at)
})

it('a mirror may give a tag as long as anybody asks for', async () => {
  await site.source.pushImage('library/patient', 'v1', createOpaqueImage('patient', [100]))
  await site.createMirror('patient', { skopeo_timeout_interval: 3_153_600_000 })
  expect(await site.ended('patient')).toMatchObject({ result: 'success', tags: { new: 1 } })
})

it('says of a mirror why the upstream gives nothing', async () => {
  await site.createMirror('refused', { external_registry_password: 'wrong' })
  await site.createMirror('absent')
  expect(await site.ended('refused')).toMatchObject({ result: 'failed', code: 'auth_failed' })
  expect(await site.ended('nowhere')).toMatchObject({
    result: 'failed',
    code: 'connection_error',
  })
  expect(await site.ended('absent')).toMatchObject({ result: 'failed', code: 'not_found' })
  const { body } = await createHttpClient().request('GET', `${site.server.urls.metrics}/metrics`)
  expect(body.toString()).toMatch(/sync_failures_total{namespace="acme",reason="auth_failed"/)
  const health = await site.api.request('GET', '/api/v1/superuser/mirror/health')
  expect(health.status).toBe(503)
  expect(health.json()).toMatchObject({ healthy: false, workers: { active: 1 } })
})
