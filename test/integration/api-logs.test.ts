import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let root: ApiClient
let ada: ApiClient
let receiver: Server
const told: Record<string, unknown>[] = []

beforeAll(async () => {
  receiver = createServer((req, res) => {
    req.setEncoding('utf8')
    let text = ''
    req.on('data', (chunk: string) => (text += chunk))
    req.on('end', () => {
      told.push(JSON.parse(text) as Record<string, unknown>)
      res.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const settings = { SUPER_USERS: ['quay'], SSRF_ALLOWED_HOSTS: ['127.0.0.1'] }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  root = await server.signedIn()
  const account = JSON.parse(await server.mooring(['user', 'add', 'ada'], ['--json'])) as {
    username: string
    password: string
  }
  await server.mooring(['org', 'add', 'acme'], ['--owner', 'ada'])
  ada = await server.signedIn(account)
  const client = server.client(account)
  await client.pushImage('acme/web', 'v1', createImage())
  await client.getManifest('acme/web', 'v1')
  await client.getManifest('acme/web', 'v1')
})
afterAll(async () => {
  await server.stop()
  receiver.close()
})

interface Entry {
  readonly kind: string
  readonly metadata: Record<string, unknown>
  readonly performer?: { readonly name: string; readonly avatar: object }
  readonly namespace?: { readonly kind: string; readonly name: string }
}
interface Page {
  readonly start_time: string
  readonly end_time: string
  readonly logs: readonly Entry[]
  readonly next_page?: string
}
interface Counts {
  readonly aggregated: readonly { kind: string; count: number; datetime: string }[]
}

const list = async (api: ApiClient, path: string) => (await api.get(path)) as Page
const count = async (path: string, kind: string) =>
  ((await ada.get(path)) as Counts).aggregated.find((row) => row.kind === kind)?.count ?? 0

describe('the logs', () => {
  it('of a repository, its organization and the registry tell of a pull within seconds', async () => {
    await until('both pulls to be counted', async () =>
      (await count('/api/v1/repository/acme/web/aggregatelogs', 'pull_repo')) === 2
        ? true
        : undefined,
    )
    expect(await count('/api/v1/organization/acme/aggregatelogs', 'pull_repo')).toBe(2)
    expect(await count('/api/v1/organization/acme/aggregatelogs?performer=ada', 'push_repo')).toBe(
      1,
    )
    expect(await count('/api/v1/organization/acme/aggregatelogs?performer=quay', 'push_repo')).toBe(
      0,
    )

    const page = await list(ada, '/api/v1/repository/acme/web/logs')
    expect(page.start_time).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d -0000$/)
    expect(page.logs.slice(0, 2).map(({ kind }) => kind)).toEqual(['pull_repo', 'pull_repo'])
    expect(page.logs[0]).toMatchObject({
      metadata: { repo: 'web', namespace: 'acme', tag: 'v1', username: 'ada' },
      performer: { kind: 'user', name: 'ada', is_robot: false, avatar: { kind: 'user' } },
    })
    expect(page.logs[0]).not.toHaveProperty('namespace')
    const all = await list(root, '/api/v1/superuser/logs?performer=ada')
    expect(all.logs[0]).toMatchObject({ namespace: { kind: 'org', name: 'acme' } })
    expect(
      ((await root.get('/api/v1/superuser/aggregatelogs')) as Counts).aggregated,
    ).toContainEqual(expect.objectContaining({ kind: 'pull_repo', count: 2 }))
  })

  it('go on where a page ended', async () => {
    const client = server.client()
    for (let at = 0; at < 25; at++) {
      await client.pushImage('quay/paged', `v${String(at)}`, createImage())
    }
    const first = await list(root, '/api/v1/repository/quay/paged/logs')
    expect(first.logs).toHaveLength(20)
    const token = encodeURIComponent(first.next_page ?? '')
    const second = await list(root, `/api/v1/repository/quay/paged/logs?next_page=${token}`)
    const tags = [...first.logs, ...second.logs]
      .filter(({ kind }) => kind === 'push_repo')
      .map(({ metadata }) => metadata['tag'])
    expect(tags).toEqual(Array.from({ length: 25 }, (_, at) => `v${String(24 - at)}`))
    expect(second).not.toHaveProperty('next_page')
  })

  it("of a user are those of the user's own namespace", async () => {
    const { logs } = await list(ada, '/api/v1/user/logs')
    expect(logs.map(({ kind }) => kind)).toContain('user_create')
    expect(logs.map(({ kind }) => kind)).not.toContain('push_repo')
  })

  it('are for administrators', async () => {
    for (const path of ['logs', 'aggregatelogs']) {
      await root.get(`/api/v1/repository/acme/web/${path}`, 403)
      await root.get(`/api/v1/organization/acme/${path}`, 403)
      await ada.get(`/api/v1/superuser/${path}`, 403)
      await server.api().get(`/api/v1/user/${path}`, 401)
    }
    await root.post('/api/v1/organization/acme/exportlogs', {}, 403)
  })

  it('refuse an end before the start, and more days than a month has', async () => {
    const backwards = '?starttime=02/02/2026&endtime=01/01/2026'
    expect(await ada.get(`/api/v1/user/logs${backwards}`, 400)).toEqual({
      message: 'Invalid date range for logs',
    })
    const long = '?starttime=01/01/2026&endtime=03/01/2026'
    await ada.get(`/api/v1/user/logs${long}`)
    expect(await ada.get(`/api/v1/user/aggregatelogs${long}`, 400)).toEqual({
      message: 'Invalid date range for logs',
    })
  })
})

describe('an export of logs', () => {
  const hook = () => `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/done`

  it('is written to a file that the callback is told of', async () => {
    const path = '/api/v1/repository/acme/web/exportlogs'
    const { export_id } = (await ada.post(path, { callback_url: hook() })) as { export_id: string }
    const report = await until('the callback', () =>
      told.find((one) => one['export_id'] === export_id),
    )
    expect(report).toMatchObject({ namespace: 'acme', repository: 'web', status: 'success' })
    const link = new URL(String(report['exported_data_url']))
    const answer = await server.api().request('GET', link.pathname)
    expect(answer.status).toBe(200)
    const file = answer.json() as { details: object; logs: { kind?: string; terminator?: true }[] }
    expect(file).toMatchObject({ export_id, details: { namespace: 'acme', repository: 'web' } })
    expect(file.logs.map((entry) => entry.kind ?? entry.terminator)).toEqual([
      ...['create_repo', 'push_repo', 'pull_repo', 'pull_repo', 'export_logs_success'],
      true,
    ])
    const head = await server.api().request('HEAD', link.pathname)
    expect([head.status, head.body.length]).toEqual([200, 0])
    // Its id stands in the log; the link is only for who was told it.
    for (const api of [server.api(), ada]) {
      await api.get(`/exportedlogs/${export_id}`, 403)
    }
  })

  it.each([
    ['a private address', { callback_url: 'http://10.1.2.3/' }, 'Invalid callback URL'],
    ['no URL', { callback_url: 'here' }, 'Invalid callback URL'],
    [
      'another scheme',
      { callback_url: 'ftp://example.com/' },
      "Invalid URL scheme 'ftp': only HTTP and HTTPS are allowed",
    ],
    ['a wrong address', { callback_email: 'nobody' }, 'Invalid callback e-mail'],
    ['nobody to tell', {}, 'Invalid export request'],
  ])('to %s is refused, and that is logged', async (_what, body, detail) => {
    expect(await ada.post('/api/v1/organization/acme/exportlogs', body, 400)).toMatchObject({
      error_type: 'invalid_request',
      detail,
    })
    const { logs } = await list(ada, '/api/v1/organization/acme/logs')
    expect(logs[0]).toMatchObject({ kind: 'export_logs_failure', metadata: { error: detail } })
  })

  it('of more than a month is refused', async () => {
    const path = '/api/v1/user/exportlogs?starttime=01/01/2026&endtime=02/15/2026'
    expect(await ada.post(path, { callback_url: hook() }, 400)).toMatchObject({
      detail: 'Invalid time span selected',
    })
  })

  it('has a link that cannot be guessed', async () => {
    await server.api().get('/exportedlogs/guessed', 403)
    await server.api().get('/exportedlogs/..%2f..%2fmooring', 403)
  })
})
