import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const name = 'harbour/app'
const section = `/repository/${name}?tab=settings&section=eventsandnotifications`
const details = /^(?:Details of the crane|the crane.*詳細)/

let receiver: Awaited<ReturnType<typeof startReceiver>>
let mail: MailServer
let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[receiver, mail] = await Promise.all([startReceiver(), startMailServer()])
  const config = {
    ...{ SUPER_USERS: ['quay'], FEATURE_REPO_MIRROR: true, FEATURE_MAILING: true },
    ...{ MAIL_SERVER: '127.0.0.1', MAIL_PORT: mail.port, MAIL_USE_TLS: false },
    ...{ SSRF_ALLOWED_HOSTS: ['127.0.0.1'], REPO_MIRROR_INTERVAL: 1 },
  }
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } }),
    openBrowser(),
  ])
  const api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbour', email: 'harbour@example.com' }, 201)
  await api.put('/api/v1/organization/harbour/team/crew', { role: 'member', description: '' })
  await push('v0')
  await mirrorNothing(api)
}, 60_000)

afterAll(async () => {
  await browser.close()
  await server.stop()
  await Promise.all([receiver.stop(), mail[Symbol.asyncDispose]()])
})

/** A mirror of a repository that is not there. */
async function mirrorNothing(api: ApiClient) {
  const created = { namespace: 'harbour', repository: 'far', visibility: 'private' }
  await api.post('/api/v1/repository', { ...created, description: '' }, 201)
  await api.put('/api/v1/organization/harbour/robots/crane', {}, 201)
  await api.put('/api/v1/repository/harbour/far/changestate', { state: 'MIRROR' })
  await api.post(
    '/api/v1/repository/harbour/far/mirror',
    {
      ...{ external_reference: `${server.host}/far/away`, robot_username: 'harbour+crane' },
      ...{ sync_interval: 86_400, sync_start_date: '2100-01-01T00:00:00Z' },
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      ...{ skopeo_timeout_interval: 300, external_registry_config: { verify_tls: false } },
    },
    201,
  )
}

/** What an attempt before this one may have made. */
async function forgetNotifications(repository: string) {
  const api = await server.signedIn()
  const path = `/api/v1/repository/${repository}/notification/`
  const { notifications } = (await api.get(path)) as { notifications: { uuid: string }[] }
  for (const { uuid } of notifications) await api.delete(`${path}${uuid}`)
}

/** Another program, which hears of what happens and answers as it is told to. */
async function startReceiver() {
  const heard: Record<string, unknown>[] = []
  let status = 200
  const http = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(JSON.parse(body) as Record<string, unknown>)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}/hooks/a-secret`,
    heard,
    answer: (next: number) => (status = next),
    async stop() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

const push = (tag: string) => server.client().pushImage(name, tag, createOpaqueImage(tag, [1_000]))
const come = (look: Partial<Visit> = {}) =>
  visit(browser, {
    url: server.urls.https,
    account: { username: server.username, password: server.password },
    ...look,
  })
const drawerOf = (page: Page) => page.getByRole('dialog', { name: 'Create notification' })
const row = (page: Page, title: string) => page.getByRole('row', { name: new RegExp(title) })

async function openDrawer(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Create notification' }).click()
  return drawerOf(page)
}
async function act(page: Page, title: string, action: string) {
  await page.getByRole('button', { name: `Actions for ${title}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

describe('a notification by webhook', () => {
  it('is made by hand, tells of a push, and shows what was answered', async () => {
    await forgetNotifications(name)
    const before = receiver.heard.length
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(section)
    await page.getByText('No notifications found').waitFor()
    const drawer = await openDrawer(page)
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    const opener = page.getByRole('button', { name: 'Create notification' })
    await until('the focus to be back', async () =>
      (await opener.evaluate((button) => button === document.activeElement)) ? true : undefined,
    )
    await page.keyboard.press('Enter')
    expect(await drawer.getByLabel('When this event occurs').inputValue()).toBe('repo_push')
    await drawer.getByLabel('Then issue a notification').selectOption('Webhook POST')
    await drawer.getByRole('button', { name: 'Submit' }).click()
    await drawer.getByText('URL must begin with http(s)://').waitFor()
    await drawer.getByLabel('Webhook URL').fill(receiver.url)
    await drawer.getByLabel('Body template').fill('{"said": "${repository}:${updated_tags[0]}"}')
    await drawer.getByLabel('Title').fill('the crane')
    expect(await visitor.findings()).toEqual([])
    await drawer.getByRole('button', { name: 'Submit' }).click()
    await page.getByText('Successfully created notification').waitFor()
    await row(page, 'the crane').getByText('Enabled').waitFor()
    expect(await row(page, 'the crane').innerText()).not.toContain('a-secret')

    await push('v1')
    await until('the receiver to hear', () => receiver.heard.at(before))
    expect(receiver.heard.slice(before)).toEqual([{ said: `${name}:v1` }])
    await page.getByRole('button', { name: details }).click()
    await page.getByText('answered 200').waitFor()
    await page.getByText('Delivered', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show whole address' }).click()
    await page.getByText(receiver.url).waitFor()
    expect(await visitor.findings()).toEqual([])
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('Queued to be sent again').waitFor()
    await until('the receiver to hear it again', () => receiver.heard.at(before + 1))
    expect(receiver.heard[before + 1]).toEqual(receiver.heard[before])
    expect(visitor.complaints).toEqual([])
  })

  it('is disabled when nobody takes it, found by its status, and enabled again', async () => {
    receiver.answer(503)
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(section)
    for (const _attempt of [1, 2, 3]) {
      await act(page, 'the crane', 'Test')
      await page.getByText('Test Notification Queued').first().waitFor()
    }
    await row(page, 'the crane').getByText('Disabled (3 failed attempts)').waitFor()
    await page.getByRole('button', { name: details }).click()
    await page.getByText('answered 503').first().waitFor()
    expect(await page.getByRole('button', { name: 'Send again' }).first().isDisabled()).toBe(true)

    await page.getByLabel('Filter by status').selectOption('Enabled')
    await row(page, 'the crane').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove Status: Enabled' }).click()
    receiver.answer(200)
    await page.getByRole('checkbox', { name: 'Select the crane' }).check()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Enable' }).click()
    await page.getByText('Enabled 1 notification').waitFor()
    await row(page, 'the crane').getByText('Enabled').waitFor()
    const before = receiver.heard.length
    await act(page, 'the crane', 'Test')
    await until('the receiver to hear the test', () => receiver.heard.at(before))
    expect(visitor.complaints).toEqual([])
  })
})

it('a mirror that would fail unheard leads to a notification, which tells of it', async () => {
  await forgetNotifications('harbour/far')
  await using visitor = await come()
  const { page } = visitor
  await visitor.goTo('/repository/harbour/far?tab=mirroring')
  await page.getByText('Nobody is told when mirroring fails.').waitFor()
  await page.getByRole('link', { name: 'Tell somebody when it fails' }).click()
  const drawer = drawerOf(page)
  const event = drawer.getByLabel('When this event occurs')
  expect(await event.inputValue()).toBe('repo_mirror_sync_failed')
  await drawer.getByLabel('Then issue a notification').selectOption('Webhook POST')
  await drawer.getByLabel('Webhook URL').fill(receiver.url)
  await drawer.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('Successfully created notification').waitFor()
  await page.getByRole('tab', { name: 'Mirroring' }).click()
  await page.getByText('1 notification is sent when mirroring fails.').waitFor()
  await page.getByRole('button', { name: 'Sync Now' }).click()
  const told = await until('the receiver to hear of the failure', () =>
    receiver.heard.find(({ repository }) => repository === 'harbour/far'),
  )
  expect(told['message']).toContain('/far/away')
  expect(visitor.complaints).toEqual([])
})

/** Who has agreed once is not asked again. */
let attempts = 0

it('an address is mailed after it has agreed', async () => {
  const address = `ann-${String(++attempts)}@example.com`
  await using visitor = await come({ expects: [/40[04] \(/] })
  const { page } = visitor
  await visitor.goTo(section)
  const drawer = await openDrawer(page)
  await drawer.getByLabel('Then issue a notification').selectOption('Email Notification')
  await drawer.getByLabel('Email address').fill('nobody')
  await drawer.getByRole('button', { name: 'Submit' }).click()
  await drawer.getByText('Invalid email').waitFor()
  await drawer.getByLabel('Email address').fill(address)
  await drawer.getByRole('button', { name: 'Submit' }).click()
  await drawer.getByText('This address has not agreed yet').waitFor()
  await drawer.getByRole('button', { name: 'Send authorization mail' }).click()
  await drawer.getByText(`A mail was sent to ${address}`).waitFor()
  const asked = await mail.waitFor(address, name)
  const [link = ''] = /https:\S+authrepoemail\?code=\S+/.exec(asked.text) ?? []
  const { pathname, search } = new URL(link)
  expect((await visitor.context.request.get(pathname + search)).status()).toBe(200)
  await page.getByText('Successfully created notification').waitFor()
  await row(page, address).waitFor()
  await push('v2')
  await mail.waitFor(address, 'updated')
  expect(visitor.complaints).toEqual([])
})

it('the bell tells whoever was chosen, and leads to the tags', async () => {
  await using visitor = await come()
  const { page } = visitor
  await visitor.goTo(section)
  const drawer = await openDrawer(page)
  await drawer.getByRole('button', { name: 'Submit' }).click()
  await drawer.getByText('Choose who is told.').waitFor()
  await drawer.getByRole('combobox', { name: 'User or team' }).fill('quay')
  await page.getByRole('option', { name: /^quay/ }).click()
  await drawer.getByLabel('Title').fill('for me')
  await drawer.getByRole('button', { name: 'Submit' }).click()
  await row(page, 'for me').getByText('User quay').waitFor()
  await push('v3')
  await page.getByRole('button', { name: /^Notifications, 1 unread/ }).click()
  await page.getByText(`${name} was pushed: v3`).waitFor()
  await page.getByRole('dialog').getByRole('link', { name }).click()
  await page.getByRole('link', { name: 'v3', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()

  await visitor.goTo(section)
  await act(page, 'for me', 'Delete')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('Deleted 1 notification').waitFor()
  await row(page, 'for me').waitFor({ state: 'detached' })
  expect(visitor.complaints).toEqual([])
})

it.each([
  ['on a telephone', { language: 'ja', theme: 'DARK', width: 320 }],
  ['with high contrast', { language: 'en', theme: 'CONTRAST', width: 1280 }],
] as const)('looks right %s', async (_name, look) => {
  await using visitor = await come(look)
  const { page } = visitor
  await visitor.goTo(section)
  await settled(page)
  await page.getByRole('button', { name: details }).click()
  await page.getByText('503').first().waitFor()
  const faults = [...(await visitor.findings()), ...(await visitor.overflow())]
  await page.goto(`${section}&create=repo_mirror_sync_failed`)
  const drawer = page.getByRole('dialog')
  expect(await drawer.getByRole('combobox').first().inputValue()).toBe('repo_mirror_sync_failed')
  await settled(page)
  faults.push(...(await visitor.findings()), ...(await visitor.overflow()))
  expect([...faults, ...visitor.complaints]).toEqual([])
})
