import { appendFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { watchUpstream, type WatchedUpstream } from '../support/watched-upstream.ts'

const settings = { FEATURE_REPO_MIRROR: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] }
const silentSockets = new Set<Socket>()
let peer: PeerRegistry
/** The peer, with somebody in front who counts. */
let upstream: WatchedUpstream
/** Takes connections and says nothing. */
let silent: Server
let server: TestServer
let api: ApiClient
let login: readonly string[]

beforeAll(async () => {
  silent = createServer((socket) => {
    silentSockets.add(socket)
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  const env = {
    QUAY_OVERRIDE_CONFIG: JSON.stringify({
      ...{ ...settings, SUPER_USERS: ['quay'], REPO_MIRROR_INTERVAL: 1 },
    }),
  }
  ;[peer, server] = await Promise.all([
    startPeerRegistry({ plain: true }),
    startTestServer({ env }),
  ])
  upstream = await watchUpstream(peer.url)
  api = await server.signedIn()
  // Commands do not see what the environment told the server.
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  await appendFile(join(server.dataDir, 'config/config.yaml'), `${lines.join('\n')}\n`)
  const passwordFile = join(server.dataDir, 'upstream-password')
  await writeFile(passwordFile, `${peer.password}\n`)
  login = ['--no-verify-tls', '--username', peer.username, '--password-file', passwordFile]
  const client = peer.client()
  for (const tag of ['1.0', '1.1', 'edge']) {
    await client.pushImage('library/app', tag, createOpaqueImage(tag, [100]))
  }
  client.close()
})
afterAll(async () => {
  await server.stop()
  await upstream.stop()
  await peer.stop()
  for (const socket of silentSockets) socket.destroy()
  silent.close()
})

async function json(command: string, args: readonly string[] = []): Promise<unknown> {
  return JSON.parse(await server.mooring(['mirror', command, ...args], ['--json']))
}
/** Exit code 1, and one text on standard error, which never holds the password. */
async function failure(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await server.tryMooring(['mirror', command, ...args])
  expect(code).toBe(1)
  expect(stderr).not.toContain(peer.password)
  return stderr
}
const from = (path: string) => ['--from', `${upstream.host}/${path}`, '--tag', '1.*', ...login]

describe('mooring mirror', () => {
  it('lists nothing where there is nothing', async () => {
    const [text, value] = await Promise.all([server.mooring(['mirror', 'list']), json('list')])
    expect(text).toBe('there are no mirrors\n')
    expect(value).toEqual({ mirrors: [] })
  })

  it('makes, shows and lists mirrors', async () => {
    const made = await json('create', ['quay/app', ...from('library/app'), '--newest', '1'])
    expect(made).toEqual({
      repository: 'quay/app',
      external_reference: `${upstream.host}/library/app`,
    })
    await until('its first run', async () => {
      const { last_run: run } = (await api.get('/api/v1/mooring/repository/quay/app/mirror')) as {
        last_run: { result: string } | null
      }
      return run !== null && run.result !== 'running' ? true : undefined
    })
    const [shown, listed, text] = await Promise.all([
      json('show', ['quay/app']),
      json('list'),
      server.mooring(['mirror', 'show', 'quay/app']),
    ])
    expect(shown).toMatchObject({
      ...{ state: 'idle', last_run: { result: 'success', tags: { new: 1 } } },
    })
    expect(JSON.stringify(shown)).not.toContain(peer.password)
    expect(listed).toMatchObject({ mirrors: [{ repository: 'quay/app', state: 'idle' }] })
    expect(text).toContain(`quay/app  idle  from ${upstream.host}/library/app`)
    expect(text).toContain('1 new')
    // The newest of those that match.
    expect((await server.client().listTags('quay/app')).json()).toMatchObject({ tags: ['1.1'] })
  })

  it('asks of each tag once, with HEAD, when nothing is new', async () => {
    const client = peer.client()
    const image = createOpaqueImage('many', [100])
    const tags = Array.from({ length: 50 }, (_, number) => `1.${String(number)}`)
    await client.pushImage('library/many', 'first', image)
    for (const tag of tags) await client.putManifest('library/many', tag, image.manifest)
    client.close()
    await json('create', ['quay/many', ...from('library/many')])
    const first = await json('sync', ['quay/many'])
    expect(first).toMatchObject({ last_run: { tags: { matched: tags.length } } })
    upstream.requests.splice(0)
    expect(await json('sync', ['quay/many'])).toMatchObject({
      last_run: { result: 'success', bytes: 0, tags: { unchanged: tags.length } },
    })
    const asked = upstream.requests.filter(({ path }) => path.startsWith('/v2/library/many/'))
    const heads = asked.filter(({ method }) => method === 'HEAD')
    expect(heads.map(({ path }) => path.split('/').at(-1)).sort()).toEqual([...tags].sort())
    const others = asked.filter(({ method }) => method !== 'HEAD')
    expect(new Set(others.map(({ path }) => path))).toEqual(new Set(['/v2/library/many/tags/list']))
  })

  it('ends a run that waits for its upstream, and says when there is none', async () => {
    const { port } = silent.address() as AddressInfo
    const where = ['--from', `127.0.0.1:${String(port)}/a/b`, '--tag', '*', '--no-verify-tls']
    await json('create', ['quay/silent', ...where])
    await until('a connection', () => (silentSockets.size > 0 ? true : undefined))
    expect(await json('cancel', ['quay/silent'])).toEqual({
      ...{ repository: 'quay/silent', cancelled: true },
    })
    const [again, running] = await Promise.all([
      failure('cancel', 'quay/silent'),
      json('sync', ['quay/app', '--no-wait']),
    ])
    expect(again).toContain('quay/silent is no mirror, or is not in a state for that')
    expect(running).toEqual({ repository: 'quay/app', requested: true })
    const path = '/api/v1/repository/quay/silent/mirror'
    expect(await api.get(path)).toMatchObject({ sync_status: 'CANCEL' })
  })

  it('fails with exit code 1 and says what is wrong', async () => {
    const visibility = { visibility: 'private', description: '' }
    await api.post(
      '/api/v1/repository',
      { namespace: 'quay', repository: 'plain', ...visibility },
      201,
    )
    await json('create', ['quay/absent', ...from('library/absent')])
    const [unknown, plain, every, noTag, scheme, sync, dryRun] = await Promise.all([
      failure('show', 'quay/none'),
      failure('show', 'quay/plain'),
      failure('create', 'quay/x', ...from('a/b'), '--every', '5x'),
      failure('create', 'quay/x', '--from', 'quay.io/a/b'),
      failure('create', 'quay/x', '--from', 'https://quay.io/a/b', '--tag', '*'),
      server.tryMooring(['mirror', 'sync', 'quay/absent'], ['--json']),
      failure('dry-run', 'quay/plain'),
    ])
    expect(unknown).toBe('mooring: there is no repository quay/none\n')
    expect(plain).toBe('mooring: quay/plain is no mirror\n')
    expect(every).toContain('such as 24h')
    expect(noTag).toContain('--tag')
    expect(scheme).toContain('must not include a URL scheme')
    expect(dryRun).toContain('quay/plain is no mirror')
    // What happened is on standard output for programs, and why it failed beside it.
    expect(JSON.parse(sync.stdout)).toMatchObject({ last_run: { result: 'failed' } })
    expect(sync).toMatchObject({ code: 1 })
    expect(sync.stderr).toContain('(not_found)')
  })

  it('cuts the site off, which a running server follows, and connects it again', async () => {
    const state = '/api/v1/mooring/mirrors/connection'
    expect(await json('disconnect', ['--reason', 'moving'])).toMatchObject({
      ...{ connected: false, reason: 'moving', by: 'command line' },
    })
    await until('the server to follow', async () => {
      const { connection } = (await api.get('/api/v1/mooring/mirrors/overview')) as {
        connection: { connected: boolean }
      }
      return connection.connected ? undefined : true
    })
    const [refused, waiting, shown] = await Promise.all([
      failure('dry-run', 'quay/app'),
      server.mooring(['mirror', 'sync', 'quay/app']),
      server.mooring(['mirror', 'connection']),
    ])
    expect(refused).toContain('this site is disconnected from other registries')
    expect(waiting).toContain('begins when the site is connected again')
    expect(shown).toMatch(/^disconnected since .* \(command line: moving\)/)
    const plan = await server.tryMooring(
      ['bundle', 'plan', `${upstream.host}/library/app:1.1`],
      ['--json'],
    )
    expect(plan.stdout + plan.stderr).toContain('this site is disconnected from other registries')
    const chain = await server.tryMooring(['cert', 'trust', 'fetch', upstream.host])
    expect(chain.code).not.toBe(0)
    expect(chain.stderr).toContain('this site is disconnected from other registries')

    expect(await json('connect')).toMatchObject({ connected: true })
    expect(await api.get(state)).toMatchObject({ connected: true })
    const { upstreams } = (await json('upstreams')) as { upstreams: { host: string }[] }
    expect(upstreams.map(({ host }) => host)).toContain(upstream.host)
  })

  it('lets a mirror go, and its images stay', async () => {
    expect(await json('delete', ['quay/app'])).toEqual({ repository: 'quay/app', deleted: true })
    const [again, listed] = await Promise.all([failure('delete', 'quay/app'), json('list')])
    expect(again).toContain('quay/app is no mirror')
    expect(JSON.stringify(listed)).not.toContain('quay/app')
    expect((await server.client().getManifest('quay/app', '1.1')).status).toBe(200)
    const { state } = (await api.get('/api/v1/repository/quay/app')) as { state: string }
    expect(state).toBe('NORMAL')
  })
})
