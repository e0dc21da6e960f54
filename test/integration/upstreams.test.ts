import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ApiClient } from '../support/api-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { createFollowed } from '../support/followed-repository.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const mebibyte = 1024 * 1024
const waiting = { timeoutMs: 60_000, everyMs: 50 }
const organization = 'acme'
const overview = '/api/v1/mooring/mirrors/overview'
const connection = '/api/v1/mooring/mirrors/connection'

interface Run {
  readonly id: number
  readonly result: string
  readonly code: string | null
}

interface Details {
  readonly state: string
  readonly waiting_for: string | null
  readonly progress: { readonly done: number } | null
  readonly last_run: Run | null
}

interface Upstream {
  readonly host: string
  readonly mirrors: number
  readonly caches: number
  readonly credentials: { readonly state: string }
  readonly allowance: { readonly remaining: number; readonly limit: number | null } | null
  readonly check: { readonly ok: boolean; readonly code: string | null } | null
}

interface Content {
  readonly tags: readonly {
    readonly name: string
    readonly state: string
    readonly message: string | null
  }[]
  readonly next_page?: string
}

interface Lines {
  readonly lines: readonly { readonly level: string; readonly message: string }[]
}

let peer: PeerRegistry
let source: RegistryClient
let link: CuttingProxy
let limited: Server
let server: TestServer
let api: ApiClient

beforeAll(async () => {
  peer = await startPeerRegistry()
  source = peer.client()
  link = await startCuttingProxy(peer.host)
  // Tells what it allows, as Docker Hub does, and has nothing.
  limited = createServer((req, res) => {
    const allowance = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }
    if (req.url === '/v2/') res.end('{}')
    else res.writeHead(404, allowance).end()
  })
  await new Promise<void>((done) => limited.listen(0, '127.0.0.1', done))
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_REPO_MIRROR: true,
        FEATURE_SUPERUSERS_FULL_ACCESS: true,
        REPO_MIRROR_INTERVAL: 1,
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      }),
    },
  })
  api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: organization, email: 'a@example.com' }, 201)
  await api.put(`/api/v1/organization/${organization}/robots/mirror`, {}, 201)
})

afterAll(async () => {
  await server.stop()
  await link.stop()
  await peer.stop()
  await new Promise((done) => limited.close(done))
})

const limitedHost = () => `127.0.0.1:${String((limited.address() as AddressInfo).port)}`
const pathOf = (name: string) => `/api/v1/repository/${organization}/${name}/mirror`
const ownPathOf = (name: string) => `/api/v1/mooring/repository/${organization}/${name}/mirror`
const detailsOf = async (name: string) => (await api.get(ownPathOf(name))) as Details
const runsOf = async (name: string) =>
  ((await api.get(`${ownPathOf(name)}/runs`)) as { runs: readonly Run[] }).runs
const linesOf = async (name: string, query = '') =>
  ((await api.get(`${ownPathOf(name)}/log${query}`)) as Lines).lines
const upstreamOf = async (host: string) =>
  ((await api.get(overview)) as { upstreams: readonly Upstream[] }).upstreams.find(
    (one) => one.host === host,
  )

const createMirror = (name: string, body: Readonly<Record<string, unknown>> = {}) =>
  createFollowed(
    api,
    { organization, name, robot: 'mirror', peer },
    { external_registry_config: { verify_tls: false }, is_enabled: false, ...body },
  )

const ended = (name: string, after = 0) =>
  until(
    `a run of ${name}`,
    async () => (await runsOf(name)).find(({ id, result }) => id > after && result !== 'running'),
    waiting,
  )

async function sync(name: string) {
  const before = (await detailsOf(name)).last_run?.id
  await api.post(`${pathOf(name)}/sync-now`, undefined, 204)
  return ended(name, before)
}

describe('a site that is disconnected', () => {
  const large = createOpaqueImage('apart', [3 * mebibyte, 3 * mebibyte])

  beforeAll(async () => {
    await source.pushImage('library/apart', 'v1', large)
    link.change({ bytesPerSecond: 3 * mebibyte })
    await createMirror('apart', { external_reference: `${link.host}/library/apart` })
  })

  it('lets its mirrors wait with what they have, and goes on where they were', async () => {
    await api.post(`${pathOf('apart')}/sync-now`, undefined, 204)
    const run = await until(
      'the first layer',
      async () => {
        const { last_run: last } = await detailsOf('apart')
        return link.bytesDown > 3.5 * mebibyte && last !== null ? last : undefined
      },
      waiting,
    )
    const answer = await api.put(connection, { connected: false, reason: 'moving' })
    expect(answer).toMatchObject({ connected: false, reason: 'moving', by: 'quay' })
    await until('the run to stop', async () => {
      const { state, waiting_for: why } = await detailsOf('apart')
      return state === 'waiting' && why === 'connection' ? true : undefined
    })
    const connections = link.connections
    const refused = await api.post(`${ownPathOf('apart')}/preview`, {}, 400)
    expect(JSON.stringify(refused)).toContain('this site is disconnected from other registries')
    expect(await api.get(overview)).toMatchObject({ connection: { connected: false } })
    expect(await detailsOf('apart')).toMatchObject({ last_run: { id: run.id, result: 'running' } })

    await server.kill9()
    await server.restart()
    api = await server.signedIn()
    expect(await api.get(connection)).toMatchObject({ connected: false, reason: 'moving' })
    expect(await detailsOf('apart')).toMatchObject({ state: 'waiting', waiting_for: 'connection' })
    expect(link.connections).toBe(connections)

    await api.put(connection, { connected: true })
    expect(await ended('apart')).toMatchObject({ id: run.id, result: 'success' })
    expect(link.bytesDown).toBeLessThan(8 * mebibyte)
    const said = await linesOf('apart')
    expect(said.map(({ message }) => message).join('\n')).toMatch(
      /Ended: success[^]*v1: new[^]*Goes on:[^]*Begins:/,
    )
    const { logs } = (await api.get('/api/v1/superuser/logs')) as {
      logs: { kind: string; metadata: object }[]
    }
    const switched = logs.filter(({ kind }) => kind.startsWith('upstreams_'))
    expect(switched.map(({ kind }) => kind)).toEqual([
      'upstreams_connected',
      'upstreams_disconnected',
    ])
    expect(switched[1]?.metadata).toMatchObject({ reason: 'moving' })
  })
})

describe('an upstream as a whole', () => {
  beforeAll(async () => {
    await source.pushImage('library/one', 'latest', createOpaqueImage('one', [100]))
    await createMirror('one')
    await createMirror('two', { external_reference: `${peer.host}/library/one` })
    await createMirror('limited', {
      external_reference: `${limitedHost()}/library/limited`,
      external_registry_username: null,
      external_registry_password: null,
    })
  })

  it('tells what it allows when it is tried', async () => {
    const test = '/api/v1/mooring/mirrors/upstreams/test'
    expect(await api.post(test, { host: limitedHost() })).toMatchObject({ ok: true, code: null })
    expect(await upstreamOf(limitedHost())).toMatchObject({
      credentials: { state: 'none' },
      allowance: { remaining: 76, limit: 100, window_seconds: 21_600 },
      check: { ok: true },
    })
    await api.post(test, { host: 'nobody.example' }, 404)
  })

  it('has its credentials changed for all of its mirrors, when they are good', async () => {
    const change = (password: string, more = {}) =>
      api.put('/api/v1/mooring/mirrors/upstreams', {
        host: peer.host,
        external_registry_username: peer.username,
        external_registry_password: password,
        ...more,
      })
    expect(await change('wrong')).toMatchObject({
      saved: false,
      check: { ok: false, code: 'auth_failed' },
      results: [],
    })
    expect(await sync('one')).toMatchObject({ result: 'success' })
    expect(await change('wrong', { save_anyway: true })).toMatchObject({ saved: true })
    expect(await sync('two')).toMatchObject({ result: 'failed', code: 'auth_failed' })
    expect(await upstreamOf(peer.host)).toMatchObject({ credentials: { state: 'refused' } })
    const good = (await change(peer.password)) as { results: readonly { ok: boolean }[] }
    expect(good.results.map(({ ok }) => ok)).toEqual([true, true])
    expect(await sync('two')).toMatchObject({ result: 'success' })
    expect(await upstreamOf(peer.host)).toMatchObject({ credentials: { state: 'all' } })
  })

  it('says how much a mirror would fetch, of what is not here', async () => {
    await source.pushImage('library/large', 'v1', createOpaqueImage('large', [mebibyte]))
    await source.pushImage('library/large', 'v2', createOpaqueImage('larger', [2 * mebibyte]))
    const wish = { external_reference: `${peer.host}/library/large`, patterns: ['v*'] }
    const path = `${ownPathOf('one')}/estimate`
    const all = (await api.post(path, wish)) as { bytes: number; bytes_of_all: number }
    expect(all).toMatchObject({ tags: 2, measured: 2 })
    expect(all.bytes).toBeGreaterThan(3 * mebibyte)
    expect(all.bytes).toBeLessThan(3.1 * mebibyte)
    expect(all.bytes_of_all).toBe(all.bytes)
    await createMirror('large')
    await sync('large')
    expect(await api.post(`${ownPathOf('large')}/estimate`, {})).toMatchObject({ measured: 2 })
    const rest = (await api.post(`${ownPathOf('large')}/estimate`, {})) as { bytes: number }
    expect(rest.bytes).toBeLessThan(0.1 * mebibyte)
  })

  it('takes a new schedule and other patterns for many mirrors at once', async () => {
    const repositories = ['one', 'two'].map((name) => `${organization}/${name}`)
    await api.post('/api/v1/mooring/mirrors/bulk', {
      action: 'change',
      repositories,
      change: { sync_interval: 3_600, patterns: ['l*'], rules: { windows: ['22:00-06:00'] } },
    })
    for (const name of ['one', 'two']) {
      expect(await api.get(ownPathOf(name))).toMatchObject({
        sync_interval: 3_600,
        root_rule: { rule_value: ['l*'] },
        rules: { windows: ['22:00-06:00'] },
      })
    }
  })
})

describe('the content of a mirror', () => {
  const image = (text: string) => createOpaqueImage(text, [100])

  it('stands tag by tag beside that of its upstream', async () => {
    for (const tag of ['v1', 'v2', 'v3', 'old']) {
      await source.pushImage('library/beside', tag, image(tag))
    }
    await createMirror('beside')
    await sync('beside')
    const followed = { rule_kind: 'tag_glob_csv', rule_value: ['v*'] }
    await api.put(pathOf('beside'), { root_rule: followed }, 201)
    await source.pushImage('library/beside', 'v2', image('another v2'))
    await source.pushImage('library/beside', 'v4', image('v4'))
    for (const tag of ['v3', 'old']) {
      const found = await source.getManifest('library/beside', tag)
      const digest = found.header('docker-content-digest')
      await source.request('DELETE', `/v2/library/beside/manifests/${digest}`)
    }
    const content = (await api.get(`${ownPathOf('beside')}/content`)) as Content
    expect(content.tags.map(({ name, state }) => [name, state])).toEqual([
      ['old', 'only_here'],
      ['v1', 'in_step'],
      ['v2', 'behind'],
      ['v3', 'gone_upstream'],
      ['v4', 'behind'],
    ])
    await sync('beside')
    const path = `${ownPathOf('beside')}/content?refresh=true`
    const { tags } = (await api.get(path)) as Content
    expect(tags.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['v1 in_step', 'v2 in_step', 'v4 in_step'],
    ])
  })

  it('has a log that can be narrowed', async () => {
    const all = await linesOf('beside')
    expect(all.length).toBeGreaterThan(8)
    const found = await linesOf('beside', '?level=info&search=V4')
    expect(found).toMatchObject([{ level: 'info' }])
    expect(found[0]?.message).toMatch(/^v4: new/)
    const { last_run: run } = await detailsOf('beside')
    const own = await linesOf('beside', `?run=${String(run?.id)}`)
    expect(own.length).toBeLessThan(all.length)
    expect(await linesOf('beside', '?search=%25')).toEqual([])
  })
})
