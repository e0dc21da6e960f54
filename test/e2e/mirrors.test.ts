import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { createIndex, createOpaqueImage } from '../support/content.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { createFollowed } from '../support/followed-repository.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const config = {
  ...{ SUPER_USERS: ['quay'], FEATURE_REPO_MIRROR: true, FEATURE_ORG_MIRROR: true },
  ...{ FEATURE_PROXY_CACHE: true, REPO_MIRROR_INTERVAL: 1, ORG_MIRROR_INTERVAL: 1 },
  SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
}

let server: TestServer
let upstream: PeerRegistry
/** A whole organization to follow. */
let source: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let api: ApiClient
/** An attempt before this one may have left its own. */
let failing = 0

beforeAll(async () => {
  ;[server, source, upstream, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } }),
    startTestServer(),
    startPeerRegistry(),
    openBrowser(),
  ])
  api = await server.signedIn()
  for (const name of ['harbour', 'cache', 'fleet']) {
    await api.post('/api/v1/organization/', { name }, 201)
  }
  await api.put('/api/v1/organization/harbour/robots/crane', {}, 201)
  const client = upstream.client()
  for (const tag of ['v1', 'v2', 'other']) {
    await client.pushImage('far/app', tag, createOpaqueImage(tag, [2_000]))
  }
}, 60_000)

afterAll(async () => {
  await browser.close()
  await Promise.all([server.stop(), source.stop(), upstream.stop()])
})

const come = (look: Partial<Visit> = {}) =>
  visit(browser, {
    url: server.urls.https,
    account: { username: server.username, password: server.password },
    ...look,
  })

describe('a mirror', () => {
  it('is made, shows what it would have, and runs while somebody looks', async () => {
    await using visitor = await come({ expects: [/40[04] \(/] })
    const { page } = visitor
    await page.clock.install()
    await visitor.goTo('/mirrors')
    await page.getByRole('button', { name: 'New mirror' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'New mirror' })
    await dialog.getByLabel('Repository here').fill('harbour/app')
    await dialog.getByRole('button', { name: 'Next' }).click()

    await page.getByLabel('Registry Location').fill(`${upstream.host}/far/app`)
    const tags = page.getByRole('textbox', { name: /^Tags/ })
    await tags.fill('v*')
    await tags.press('Enter')
    await page.getByRole('textbox', { name: 'Username' }).fill(upstream.username)
    await page.getByRole('textbox', { name: 'Password' }).fill(upstream.password)
    await page.getByRole('checkbox', { name: 'Verify TLS' }).uncheck()
    await page.getByRole('button', { name: 'Preview matching tags' }).click()
    await page.getByText('2 of 3 tags match.').waitFor()
    await page.getByRole('button', { name: 'Estimate size' }).click()
    await page.getByText(/KiB to fetch for 2 tags\./).waitFor()
    // What was typed has been asked about: after a while of no typing it is not asked again.
    let again = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/mirror/preview')) again += 1
    })
    await page.clock.fastForward(1_000)
    await page.getByText(/KiB to fetch for 2 tags\./).waitFor()
    expect(again).toBe(0)
    await tags.fill('other')
    await tags.press('Enter')
    // Without a press: it follows what is typed.
    await page.getByText('3 of 3 tags match.').waitFor()
    await page.getByRole('button', { name: 'Remove other' }).click()
    await page.getByText('2 of 3 tags match.').waitFor()
    await page.getByRole('combobox', { name: 'Robot User' }).fill('crane')
    await page.getByRole('option', { name: /harbour\+crane/ }).click()
    await page.getByRole('button', { name: 'Enable Mirror' }).click()
    await page.getByText('Mirror configuration saved successfully').waitFor()

    await page.getByText('In step').waitFor()
    await page.getByText('2 tags: 2 new').first().waitFor()

    await page.getByRole('textbox', { name: /^Maintenance windows/ }).fill('22-06')
    await page.getByRole('textbox', { name: /^Maintenance windows/ }).press('Enter')
    await page.getByText('Give a window such as').waitFor()
    await page.getByRole('textbox', { name: /^Maintenance windows/ }).fill('22:00-06:00')
    await page.getByRole('textbox', { name: /^Maintenance windows/ }).press('Enter')
    await page.getByLabel('Bandwidth').fill('quick')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Invalid rate: quick').first().waitFor()
    await page.getByLabel('Bandwidth').fill('2MB/s')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Mirror configuration saved successfully').last().waitFor()
    // What was told last may be of the saving before.
    await expect
      .poll(() => api.get('/api/v1/mooring/repository/harbour/app/mirror'))
      .toMatchObject({ rules: { windows: ['22:00-06:00'], rate: '2MB/s' } })
    await visitor.goTo('/repository/harbour/app?tab=tags')
    await page.getByRole('link', { name: 'v2', exact: true }).waitFor()
    expect(await page.getByRole('link', { name: 'other', exact: true }).count()).toBe(0)
    expect(visitor.complaints).toEqual([])
  })

  it('tells on its page which layers of which platform are on their way', async () => {
    await using link = await startCuttingProxy(upstream.host, { bytesPerSecond: 100_000 })
    const arm = createOpaqueImage('arm', [4_000_000])
    const index = createIndex([
      { manifest: arm.manifest, platform: { os: 'linux', architecture: 'arm64' } },
    ])
    await upstream.client().pushImage('far/slow', 'only-arm', arm)
    await upstream.client().putManifest('far/slow', '1.0', index)
    const body = { namespace: 'harbour', repository: 'slow', visibility: 'private' }
    await api.post('/api/v1/repository', { ...body, description: '' }, 201)
    const mirror = '/api/v1/repository/harbour/slow/mirror'
    await api.post(
      mirror,
      {
        external_reference: `${link.host}/far/slow`,
        external_registry_username: upstream.username,
        external_registry_password: upstream.password,
        external_registry_config: { verify_tls: false },
        root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['1.*'] },
        ...{ sync_interval: 86_400, sync_start_date: '2100-01-01T00:00:00Z' },
        ...{ robot_username: 'harbour+crane', skopeo_timeout_interval: 300 },
      },
      201,
    )
    await using visitor = await come()
    const { page } = visitor
    await api.post(`${mirror}/sync-now`, undefined, 204)
    await visitor.goTo('/mirrors/harbour/slow')
    const layers = page.getByRole('table', { name: 'On their way' })
    const layer = arm.blobs[0]?.digest.slice(0, 'sha256:'.length + 12) ?? ''
    await layers.getByRole('row', { name: `${layer} 1.0 linux/arm64` }).waitFor()
    await page.getByText('1.0 (linux/arm64)').waitFor()
    await api.post(`${mirror}/sync-cancel`, undefined, 204)
    await layers.waitFor({ state: 'detached' })
    await api.delete('/api/v1/mooring/repository/harbour/slow/mirror', 204)
    expect(visitor.complaints).toEqual([])
  })

  it('says in the language of its reader why it failed, and what to do', async () => {
    failing += 1
    const name = `nowhere-${String(failing)}`
    await createFollowed(
      api,
      { organization: 'harbour', name, robot: 'crane', peer: upstream },
      { external_reference: '127.0.0.1:9/far/app', sync_start_date: '2100-01-01T00:00:00Z' },
    )
    await api.post(`/api/v1/repository/harbour/${name}/mirror/sync-now`, undefined, 204)
    await using visitor = await come({ language: 'ja' })
    const { page } = visitor
    await visitor.goTo(`/mirrors/harbour/${name}`)
    const told = page.getByText('アップストリームに接続できませんでした。')
    await told.waitFor()
    await page.getByText(/ECONNREFUSED/).waitFor()
    await page.getByRole('tab', { name: '実行履歴' }).click()
    await told.waitFor()
    await visitor.goTo('/mirrors')
    await page
      .getByRole('row', { name: new RegExp(`harbour/${name}`) })
      .getByText(/接続できません/)
      .waitFor()
    await api.delete(`/api/v1/mooring/repository/harbour/${name}/mirror`, 204)
    expect(visitor.complaints).toEqual([])
  })

  it('is seen among all of them, synced and ended from there', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo('/mirrors')
    const row = page.getByRole('row', { name: /harbour\/app/ })
    await row.getByText('In step').waitFor()
    await row.getByRole('button', { name: 'Actions for harbour/app' }).click()
    await page.getByRole('menuitem', { name: 'Sync Now' }).click()
    await page.getByText('Sync scheduled for one mirror').waitFor()
    await page.getByRole('button', { name: `Actions for ${upstream.host}` }).click()
    await page.getByRole('menuitem', { name: 'Test', exact: true }).click()
    await page.getByText(new RegExp(`${upstream.host} answered in \\d+ ms`)).waitFor()
    const received = page.getByRole('img', { name: /^Received in the last hour/ })
    expect(await received.getAttribute('aria-label')).not.toMatch(/to 0 B,/)
    await page.getByRole('link', { name: 'Free after what is running' }).waitFor()
    await page.getByRole('button', { name: 'Client configuration' }).click()
    const clients = page.getByRole('dialog', { name: 'Client configuration' })
    await clients.getByText(`prefix = "${upstream.host}/far/app"`).first().waitFor()
    await clients.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: 'All mirrors' }).click()
    await page.getByRole('menuitem', { name: 'Pause all' }).click()
    const pause = page.getByRole('alertdialog', { name: 'Pause all' })
    await pause.getByRole('button', { name: 'Pause all' }).click()
    await row.getByText('Paused').waitFor()
    await page.getByRole('button', { name: 'All mirrors' }).click()
    await page.getByRole('menuitem', { name: 'Resume all' }).click()
    await row.getByText('Paused').waitFor({ state: 'detached' })

    // Its own page has seen its tags before they are changed elsewhere.
    await row.getByRole('link', { name: 'harbour/app' }).click()
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Remove v*' }).waitFor()
    await page.getByRole('link', { name: 'Mirrors', exact: true }).first().click()
    await row.getByRole('button', { name: 'Actions for harbour/app' }).click()
    await page.getByRole('menuitem', { name: 'Edit filter' }).click()
    const filter = page.getByRole('dialog', { name: 'Edit filter' })
    await filter.getByRole('checkbox', { name: 'Change the tags' }).check()
    await filter.getByRole('textbox', { name: /^Tags/ }).fill('v1')
    await filter.getByRole('textbox', { name: /^Tags/ }).press('Enter')
    await filter.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Changed one mirror').waitFor()
    await row.getByText('v1', { exact: true }).waitFor()

    await page.getByRole('button', { name: `Actions for ${upstream.host}` }).click()
    await page.getByRole('menuitem', { name: 'Credentials' }).click()
    const credentials = page.getByRole('dialog', { name: /^Credentials for/ })
    await credentials.getByRole('textbox', { name: 'Username' }).fill(upstream.username)
    await credentials.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await credentials.getByRole('button', { name: 'Test and save' }).click()
    await credentials.getByText(/nothing was saved/).waitFor()
    await credentials.getByRole('textbox', { name: 'Password' }).fill(upstream.password)
    await credentials.getByRole('button', { name: 'Test and save' }).click()
    await page.getByText('Saved for one mirror').waitFor()

    await page.getByRole('switch', { name: 'Connected' }).click()
    const apart = page.getByRole('dialog', { name: 'Disconnect from other registries?' })
    await apart.getByLabel('Reason').fill('moving house')
    await apart.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByText('moving house').waitFor()
    await row.getByRole('button', { name: 'Actions for harbour/app' }).click()
    await page.getByRole('menuitem', { name: 'Sync Now' }).click()
    await row.getByText('Waiting: the site is disconnected').waitFor()
    await page.getByRole('switch', { name: 'Connected' }).click()
    await row.getByText('In step').waitFor()
    await row.getByRole('link', { name: 'harbour/app' }).click()
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Remove v1' }).waitFor()
    expect(await page.getByRole('button', { name: 'Remove v*' }).count()).toBe(0)
    await page.getByRole('tab', { name: 'Log' }).click()
    await page.getByText('Ended: success').first().waitFor()
    await page.getByLabel('Find in the log').fill('removed')
    await page.getByText('v2: removed').waitFor()
    await page.getByText('Ended: success').first().waitFor({ state: 'detached' })
    await page.getByRole('tab', { name: 'Runs' }).click()
    await page.getByRole('table', { name: 'Compare two runs' }).waitFor()
    await page.getByRole('tab', { name: 'Content' }).click()
    await page.getByRole('listitem').filter({ hasText: 'v1' }).getByText('In step').waitFor()
    expect([...(await visitor.findings()), ...(await visitor.overflow())]).toEqual([])
    await visitor.goTo('/mirrors')
    await row.getByRole('button', { name: 'Actions for harbour/app' }).click()
    await page.getByRole('menuitem', { name: 'Delete mirror' }).click()
    const question = page.getByRole('alertdialog', { name: 'Delete the mirror?' })
    await question.getByRole('button', { name: 'Delete mirror' }).click()
    await page.getByText('No mirrors yet').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

it('a pull of something that is not here is seen', async () => {
  const answer = await server.client().getManifest('harbour/nothing', 'v9')
  expect(answer.status).toBe(404)
  await using visitor = await come()
  const { page } = visitor
  await visitor.goTo('/mirrors/missed')
  await page.getByText('harbour/nothing:v9').waitFor()
  await page.getByRole('button', { name: 'Actions for harbour/nothing:v9' }).click()
  await page.getByRole('menuitem', { name: 'Add to mirror' }).click()
  const dialog = page.getByRole('dialog', { name: 'New mirror' })
  expect(await dialog.getByLabel('Repository here').inputValue()).toBe('harbour/nothing')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('button', { name: 'Actions for harbour/nothing:v9' }).click()
  await page.getByRole('menuitem', { name: 'Ignore' }).click()
  await page.getByText('Nothing was missed').waitFor()

  // A client that was told to ask here for images of elsewhere says where they are from.
  const path = '/v2/harbour/far/manifests/v1?ns=registry.example'
  expect((await server.client().request('GET', path)).status).toBe(404)
  await visitor.goTo('/mirrors/missed')
  await page.getByRole('button', { name: 'Actions for harbour/far:v1' }).click()
  await page.getByRole('menuitem', { name: 'Add to next bundle' }).click()
  const list = page.getByRole('textbox', { name: 'List', exact: true })
  await list.waitFor()
  expect(await list.inputValue()).toBe('registry.example/harbour/far:v1')
  expect(visitor.complaints).toEqual([])
})

it('an organization becomes a cache, unless its upstream says no', async () => {
  await using visitor = await come({ expects: [/40\d \(/] })
  const { page } = visitor
  await visitor.goTo('/organization/cache?tab=Settings&section=proxycacheconfig')
  await page.getByRole('textbox', { name: /^Remote Registry \(/ }).fill('10.1.2.3')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The provided registry URL is not allowed').waitFor()
  expect(await page.getByRole('textbox', { name: /^Remote Registry \(/ }).inputValue()).toBe(
    '10.1.2.3',
  )
  expect(visitor.complaints).toEqual([])
})

it('an organization is normal until it follows another', async () => {
  await using visitor = await come({ expects: [/404 \(Not Found\)/] })
  const { page } = visitor
  await visitor.goTo('/organization/fleet?tab=Settings&section=organizationstate')
  const submit = page.getByRole('button', { name: 'Submit' })
  await page.getByRole('radio', { name: 'Normal', checked: true }).waitFor()
  expect(await submit.isDisabled()).toBe(true)
  await page.getByRole('radio', { name: 'Mirror' }).check()
  expect(await visitor.findings()).toEqual([])
  await submit.click()
  await page.getByLabel('Source Registry URL').waitFor()
  expect(visitor.complaints).toEqual([])
})

it('an organization is told what its source is', async () => {
  await using visitor = await come({ expects: [/40\d \(/] })
  const { page } = visitor
  await visitor.goTo('/organization/fleet?tab=Mirroring')
  await page.getByLabel('Source Registry URL').fill('https://127.0.0.1')
  await page.getByRole('button', { name: 'Enable Organization Mirror' }).click()
  // What is missing is said at its field, and nothing typed is lost.
  await page.getByText('This field is required').first().waitFor()
  expect(await page.getByLabel('Source Registry URL').inputValue()).toBe('https://127.0.0.1')
  expect(visitor.complaints).toEqual([])
})

it('an organization follows another, seen from its first search to the images', async () => {
  const there = await source.signedIn()
  await there.request('POST', '/api/v1/organization/', { name: 'acme' })
  for (const name of ['web', 'tool']) {
    await source.client().pushImage(`acme/${name}`, 'v1', createOpaqueImage(name, [2_000]))
  }
  const applications = '/api/v1/organization/acme/applications'
  const { client_id: id } = (await there.post(applications, { name: 'mirror' })) as {
    client_id: string
  }
  const { token } = (await there.post(`${applications}/${id}/tokens`, {
    ...{ name: 'mirror', scope: 'repo:read user:read org:admin' },
  })) as { token: string }
  await api.put('/api/v1/organization/fleet/robots/tug', {}, 201)

  await using visitor = await come({ expects: [/404 \(Not Found\)/] })
  const { page } = visitor
  await visitor.goTo('/organization/fleet?tab=Mirroring')
  await page.getByLabel('Source Registry URL').fill(source.urls.https)
  await page.getByLabel('Source Namespace').fill('acme')
  await page.getByRole('textbox', { name: 'Password' }).fill(token)
  await page.getByRole('checkbox', { name: 'Verify TLS' }).uncheck()
  await page.getByRole('combobox', { name: 'Robot User' }).fill('tug')
  await page.getByRole('option', { name: /fleet\+tug/ }).click()
  await page.getByRole('button', { name: 'Enable Organization Mirror' }).click()
  for (const name of ['web', 'tool']) {
    const row = page.getByRole('row', { name: new RegExp(`^${name} `) })
    await row.getByText('Success').waitFor()
    await row.getByRole('link', { name: `fleet/${name}` }).waitFor()
  }
  await page.getByRole('button', { name: 'Sync Now' }).click()
  await page.getByRole('link', { name: 'fleet/web' }).click()
  await page.getByRole('tab', { name: 'Tags', exact: true }).click()
  await page.getByRole('link', { name: 'v1', exact: true }).waitFor()
  expect(visitor.complaints).toEqual([])
})

it.each([
  ['on a telephone', { language: 'ja', theme: 'DARK', width: 320 }],
  ['with high contrast', { language: 'en', theme: 'CONTRAST', width: 1280 }],
] as const)('looks right %s', async (_name, look) => {
  await using visitor = await come({ ...look, expects: [/404 \(Not Found\)/] })
  const faults: string[] = []
  for (const path of [
    '/mirrors',
    '/mirrors/missed',
    '/organization/cache?tab=Settings&section=proxycacheconfig',
    '/organization/fleet?tab=Mirroring',
    '/repository/harbour/app?tab=mirroring',
  ]) {
    await visitor.goTo(path)
    await settled(visitor.page)
    faults.push(...(await visitor.findings()), ...(await visitor.overflow()))
    const chosen = visitor.page.locator('[role="tab"][aria-selected="true"]')
    if ((await chosen.count()) === 0) continue
    const box = await chosen.boundingBox()
    if (box === null || box.x < 0 || box.x + box.width > look.width) faults.push(`${path}: its tab`)
  }
  expect([...faults, ...visitor.complaints]).toEqual([])
})
