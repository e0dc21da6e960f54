import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { ApiClient } from '../support/api-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

interface Notification {
  readonly uuid: string
  readonly number_of_failures: number
}

interface Delivery {
  readonly id: string
  readonly state: string
  readonly test: boolean
  readonly next_attempt: string | null
  readonly attempts: readonly { status: number | null; code: string | null; message: string }[]
}

const image = createOpaqueImage('notified', [500])
const waiting = { timeoutMs: 60_000, everyMs: 20 }

let receiver: WebhookReceiver
let mail: MailServer
let peer: PeerRegistry
let server: TestServer
let api: ApiClient

beforeAll(async () => {
  receiver = await startWebhookReceiver()
  mail = await startMailServer()
  peer = await startPeerRegistry()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_REPO_MIRROR: true,
        REPO_MIRROR_INTERVAL: 1,
        FEATURE_IMAGE_EXPIRY_TRIGGER: true,
        GARBAGE_COLLECTION_FREQUENCY: 1,
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
        WEBHOOK_HOSTNAME_BLACKLIST: ['forbidden.example'],
        FEATURE_MAILING: true,
        MAIL_SERVER: '127.0.0.1',
        MAIL_PORT: mail.port,
        MAIL_USE_TLS: false,
        REGISTRY_TITLE_SHORT: 'Harbor',
      }),
    },
  })
  api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'acme', email: 'a@example.com' }, 201)
  await api.put('/api/v1/organization/acme/robots/mirror', {}, 201)
})
afterAll(async () => {
  await server.stop()
  await peer.stop()
  await mail[Symbol.asyncDispose]()
  receiver.close()
})

let count = 0
let name: string
/** Of the management API, without and with our own prefix. */
let path: string
let ownPath: string
beforeEach(async () => {
  name = `app${String(++count)}`
  path = `/api/v1/repository/acme/${name}/notification/`
  ownPath = `/api/v1/mooring/repository/acme/${name}/notification`
  const repository = { namespace: 'acme', repository: name, visibility: 'private', description: '' }
  await api.post('/api/v1/repository', repository, 201)
})

const wish = (method: string, config: object, event = 'repo_push', eventConfig: object = {}) => ({
  ...{ event, method, config, eventConfig },
})
const create = async (...given: Parameters<typeof wish>) =>
  (await api.post(path, wish(...given), 201)) as Notification
const webhook = (event?: string, more: object = {}) =>
  create('webhook', { url: `${receiver.url}/${name}`, ...more }, event)
const push = (tag = 'v1') => server.client().pushImage(`acme/${name}`, tag, image)
const posted = (amount = 1) =>
  until(
    `${String(amount)} posts`,
    () => {
      const own = receiver.posts.filter((post) => post.path === `/${name}`)
      return own.length >= amount ? own : undefined
    },
    waiting,
  )
const deliveries = async ({ uuid }: Notification) =>
  ((await api.get(`${ownPath}/${uuid}/deliveries`)) as { deliveries: Delivery[] }).deliveries
const ended = (notification: Notification) =>
  until(
    'a delivery to be over',
    async () => {
      const [last] = await deliveries(notification)
      return last?.next_attempt === null ? last : undefined
    },
    waiting,
  )

describe('a notification of a repository', () => {
  it('is created, listed, looked at, tested, reset and deleted, and the log tells', async () => {
    const config = { url: `${receiver.url}/${name}` }
    const body = { ...wish('webhook', config), title: 'tell the cluster' }
    const made = (await api.post(path, body, 201)) as Notification
    expect(made).toEqual({
      ...{ uuid: made.uuid, title: 'tell the cluster', event: 'repo_push', method: 'webhook' },
      ...{ config, event_config: {}, number_of_failures: 0 },
    })
    expect(await api.get(path)).toEqual({ notifications: [made] })
    expect(await api.get(`${path}${made.uuid}`)).toEqual(made)
    expect(await api.post(`${path}${made.uuid}/test`, {}, 200)).toEqual({})
    const [example] = await posted()
    expect(example?.body).toMatchObject({
      repository: `acme/${name}`,
      updated_tags: ['latest', 'foo'],
    })
    expect(await ended(made)).toMatchObject({ test: true, state: 'delivered' })
    expect((await api.request('POST', `${path}${made.uuid}`)).status).toBe(204)
    expect((await api.request('DELETE', `${path}${made.uuid}`)).status).toBe(204)

    expect((await api.request('GET', `${path}${made.uuid}`)).status).toBe(404)
    for (const [method, suffix] of [
      ['POST', ''],
      ['DELETE', ''],
      ['POST', '/test'],
    ] as const) {
      const answer = await api.request(method, `${path}${made.uuid}${suffix}`)
      expect([answer.status, answer.json()]).toMatchObject([
        400,
        { detail: `No repository notification found for: acme, ${name}, ${made.uuid}` },
      ])
    }
    const { logs } = (await api.get(`/api/v1/repository/acme/${name}/logs`)) as {
      logs: { kind: string; metadata: object }[]
    }
    const about = { repo: name, namespace: 'acme', notification_id: made.uuid }
    const metadata = { ...about, event: 'repo_push', method: 'webhook' }
    expect(logs.filter(({ kind }) => kind.endsWith('_notification'))).toMatchObject([
      { kind: 'delete_repo_notification', metadata },
      { kind: 'reset_repo_notification', metadata },
      { kind: 'add_repo_notification', metadata },
    ])
  })

  it('belongs to its repository: under another it is not there', async () => {
    const { uuid } = await webhook()
    await api.post(
      '/api/v1/repository',
      { namespace: 'acme', repository: `${name}-other`, visibility: 'private', description: '' },
      201,
    )
    const other = `/api/v1/repository/acme/${name}-other/notification/${uuid}`
    const answers = [
      await api.request('GET', other),
      await api.request('DELETE', other),
      await api.request(
        'GET',
        `/api/v1/mooring/repository/acme/${name}-other/notification/${uuid}/deliveries`,
      ),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 400, 404])
  })

  it.each([
    ['webhook', {}, 'Missing webhook URL'],
    ['webhook', { url: 'ftp://receiver.example/' }, 'Invalid webhook URL'],
    ['webhook', { url: 'http://localhost:1/' }, 'Invalid webhook URL'],
    ['webhook', { url: 'http://forbidden.example/' }, 'Invalid webhook URL'],
    ['webhook', { url: 'http://receiver.example/', template: '{' }, 'The template is no JSON'],
    ['slack', {}, 'Missing Slack Callback URL'],
    ['flowdock', {}, 'Missing Flowdock API Token'],
    ['hipchat', {}, 'Missing Hipchat Room Notification Token'],
    ['hipchat', { notification_token: 'x' }, 'Missing Hipchat Room ID'],
    ['email', {}, 'Missing e-mail address'],
    [
      ...(['email', { email: 'nobody@example.com' }] as const),
      'The specified e-mail address is not authorized to receive notifications for this repository',
    ],
    ['quay_notification', {}, 'Missing target'],
    [
      ...(['quay_notification', { target: { kind: 'user', name: 'nobody' } }] as const),
      'Unknown user nobody',
    ],
  ])('by %s with %j is refused: %s', async (method, config, detail) => {
    const answer = await api.request('POST', path, wish(method, config))
    expect([answer.status, answer.json()]).toMatchObject([400, { detail }])
  })

  it('of an unknown event or method is refused', async () => {
    for (const body of [
      wish('pigeon', {}),
      wish('slack', { url: 'http://a.example/' }, 'quota_warning'),
      { event: 'repo_push', method: 'slack', config: {} },
    ]) {
      expect((await api.request('POST', path, body)).status).toBe(400)
    }
  })
})

describe('what happened', () => {
  it('is posted after a push, with a body of one’s own where one is given', async () => {
    await webhook()
    await webhook('repo_push', { template: '{"text": "${name}:${updated_tags[0]}"}' })
    await push('v7')
    const seen = await posted(2)
    expect(seen.map(({ contentType }) => contentType)).toEqual(Array(2).fill('application/json'))
    const bodies = seen.map(({ body }) => body)
    expect(bodies).toContainEqual({ text: `${name}:v7` })
    expect(bodies).toContainEqual(
      expect.objectContaining({
        ...{ repository: `acme/${name}`, namespace: 'acme', name, updated_tags: ['v7'] },
        docker_url: expect.stringMatching(new RegExp(`/acme/${name}$`)) as string,
      }),
    )
  })

  it('is not lost when the server dies before it was sent', async () => {
    const made = await webhook()
    await api.post('/api/v1/signin/verify', { password: server.password })
    const pause = '/api/v1/mooring/service/pauses/notifications'
    await api.put(pause, { reason: 'a test' })
    await push()
    expect(await deliveries(made)).toMatchObject([{ state: 'waiting', attempts: [] }])
    await server.kill9()
    await server.restart()
    api = await server.signedIn()
    await api.request('DELETE', pause)
    await posted()
    expect(await ended(made)).toMatchObject({ state: 'delivered', attempts: [{ status: 204 }] })
    expect(receiver.posts.filter((post) => post.path === `/${name}`)).toHaveLength(1)
  })

  it('that was refused is tried again later, and is sent once more when somebody asks', async () => {
    const made = await webhook()
    receiver.answers.push(503)
    await push()
    await posted()
    const first = await until(
      'the attempt to be noted',
      async () => {
        const [last] = await deliveries(made)
        return last?.attempts.length === 1 ? last : undefined
      },
      waiting,
    )
    expect(first).toMatchObject({
      ...{ state: 'waiting', next_attempt: expect.any(String) as string },
      attempts: [{ status: 503, code: 'status', message: 'It answered 503' }],
    })
    expect(await api.get(`${path}${made.uuid}`)).toMatchObject({ number_of_failures: 1 })
    const again = `${ownPath}/${made.uuid}/deliveries/${first.id}/resend`
    expect(await api.post(again, {}, 201)).toMatchObject({ state: 'waiting', test: false })
    await posted(2)
    expect(await ended(made)).toMatchObject({ state: 'delivered' })
    expect(await api.get(`${path}${made.uuid}`)).toMatchObject({ number_of_failures: 0 })
    const unknown = again.replace(first.id, made.uuid)
    expect((await api.request('POST', unknown)).status).toBe(404)
  })

  it('in a mirror is posted from its beginning to its end, whatever that is', async () => {
    await peer.client().pushImage(`library/${name}`, 'v1', image)
    for (const event of ['started', 'success', 'failed']) await webhook(`repo_mirror_sync_${event}`)
    const mirror = `/api/v1/repository/acme/${name}/mirror`
    await api.post(
      mirror,
      {
        external_reference: `${peer.host}/library/${name}`,
        external_registry_username: peer.username,
        external_registry_password: peer.password,
        external_registry_config: { verify_tls: false },
        ...{ sync_interval: 86_400, sync_start_date: '2020-01-01T00:00:00Z' },
        root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] },
        ...{ skopeo_timeout_interval: 300, robot_username: 'acme+mirror' },
      },
      201,
    )
    const message = `'${peer.host}/library/${name}' with tag pattern 'v*'`
    const repository = `acme/${name}`
    expect((await posted(2)).map(({ body }) => body)).toMatchObject([
      { repository, message },
      { repository, message },
    ])

    const gone = `${peer.host}/library/nothing-here`
    await api.put(mirror, { external_reference: gone }, 201)
    await until('the run to be asked for', async () => {
      const { status } = await api.request('POST', `${mirror}/sync-now`)
      return status === 204 ? true : undefined
    })
    const all = await posted(4)
    expect(all.slice(2).map(({ body }) => body['message'])).toEqual(
      Array(2).fill(`'${gone}' with tag pattern 'v*'`),
    )
    const { notifications } = (await api.get(path)) as { notifications: Notification[] }
    const sent = await Promise.all(notifications.map(async (one) => (await deliveries(one)).length))
    expect(sent).toEqual([2, 1, 1])
  })

  it('is told before an image expires', async () => {
    await create('webhook', { url: `${receiver.url}/${name}` }, 'repo_image_expiry', {
      days: 5,
    })
    await push('v1')
    const expiration = Math.floor(Date.now() / 1000) + 86_400
    await api.put(`/api/v1/repository/acme/${name}/tag/v1`, { expiration }, 201)
    // It was looked at when nothing expired yet; this is another one.
    await create('webhook', { url: `${receiver.url}/${name}` }, 'repo_image_expiry', {
      days: 5,
    })
    const [told] = await posted()
    expect(told?.body).toMatchObject({ tags: ['v1'], expiring_in: '5 days' })
  })
})

it('what is queued and sent is counted', async () => {
  const made = await webhook()
  await push()
  await posted()
  await ended(made)
  const text = await (await fetch(`${server.urls.metrics}/metrics`)).text()
  const read = (name: string, label = '') =>
    Number(
      new RegExp(`^${name}\\{queue_name="notification"${label}.*\\} (\\d+)$`, 'm').exec(text)?.[1],
    )
  expect(read('quay_queue_item_puts_total')).toBeGreaterThan(0)
  expect(read('quay_queue_item_gets_total', ',availability="acquired"')).toBeGreaterThan(0)
  expect(read('quay_queue_items_available_unlocked')).not.toBeNaN()
})

describe('a receiver behind TLS', () => {
  it('is trusted by an authority of the site, and sees the certificate of the registry', async () => {
    const url = `${receiver.secureUrl}/${name}`
    const made = await create('webhook', { url })
    await api.post(`${path}${made.uuid}/test`, {}, 200)
    const refused = await until(
      'the refusal',
      async () => (await deliveries(made))[0]?.attempts[0],
      waiting,
    )
    expect(refused).toMatchObject({ code: 'tls', status: null })

    await api.post('/api/v1/signin/verify', { password: server.password })
    await api.post('/api/v1/mooring/certificates/trusted', { pem: receiver.authorityPem })
    await api.post(`${path}${made.uuid}/test`, {}, 200)
    const [seen] = await posted()
    expect(seen?.caller).toContain('DNS:')
  })
})

describe('an e-mail address', () => {
  it('agrees by a link, and is told from then on', async () => {
    const email = `${name}@example.com`
    const address = `/api/v1/repository/acme/${name}/authorizedemail/${email}`
    const missing = await api.request('GET', address)
    expect([missing.status, Object.keys(missing.json() as object)]).toEqual([404, ['message']])
    const about = { email, repository: name, namespace: 'acme' }
    expect(await api.post(address, {}, 200)).toEqual({ ...about, confirmed: false })
    const asked = await mail.waitFor(
      email,
      `verify your e-mail address for repository acme/${name}`,
    )
    expect(asked.subject).toMatch(/^\[Harbor\] Please verify/)
    const link = new URL(/https?:\/\/\S+/.exec(asked.text)?.[0] ?? '')
    const stranger = server.api()
    const wrong = await stranger.request('GET', '/authrepoemail?code=wrong')
    expect([wrong.status, wrong.header('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
    expect(await api.get(address)).toEqual({ ...about, confirmed: false })
    const followed = await stranger.request('GET', `${link.pathname}${link.search}`)
    expect(followed.status).toBe(200)
    expect(followed.text()).toContain(`acme/${name}`)
    expect(await api.get(address)).toEqual({ ...about, confirmed: true })
    const mails = mail.mails.length
    expect(await api.post(address, {}, 200)).toEqual({ ...about, confirmed: true })
    expect(mail.mails).toHaveLength(mails)

    await create('email', { email })
    await push()
    const told = await mail.waitFor(email, `Repository acme/${name} updated`)
    expect(told.subject).toBe(`Repository acme/${name} updated`)
    expect(told.text).toContain('was updated by quay; tags: v1.')
  })

  it('that is none is not asked', async () => {
    const answer = await api.request('POST', `/api/v1/repository/acme/${name}/authorizedemail/x`)
    expect(answer.status).toBe(400)
  })
})
