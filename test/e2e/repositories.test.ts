import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { forget, openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { stockRegistry } from '../support/stocked-registry.ts'

const config = {
  FEATURE_IMMUTABLE_TAGS: true,
  FEATURE_QUOTA_MANAGEMENT: true,
  FEATURE_REPO_MIRROR: true,
}
const stocked = 'harbour/engine/control'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let api: ApiClient

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } }),
    openBrowser(),
  ])
  api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbour', email: 'harbour@example.com' }, 201)
  await api.put('/api/v1/organization/harbour/team/crew', { role: 'member', description: '' })
  await stockRegistry(server.client(), stocked, { largeBytes: 65_536 })
  await makeAnew('one', 'two')
}, 60_000)

afterAll(async () => {
  await browser.close()
  await server.stop()
})

/** Private and empty, whatever an attempt before this one left. */
async function makeAnew(...names: readonly string[]) {
  for (const repository of names) {
    await forget(api, `/api/v1/repository/harbour/${repository}`)
    const wanted = { namespace: 'harbour', repository, visibility: 'private', description: '' }
    await api.post('/api/v1/repository', wanted, 201)
  }
}

const come = (look: Partial<Visit> = {}) =>
  visit(browser, {
    url: server.urls.https,
    account: { username: server.username, password: server.password },
    ...look,
  })

describe('the repositories', () => {
  it('get another one, private unless told otherwise', async () => {
    await forget(api, '/api/v1/repository/harbour/fresh/water')
    await using visitor = await come({ expects: [/400 \(Bad Request\)/] })
    const { page } = visitor
    await visitor.goTo('/repository')
    await page.getByRole('button', { name: 'Create Repository' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create Repository' })
    await dialog.getByLabel('Namespace').selectOption('harbour')
    const name = dialog.getByLabel('Repository name')
    await name.fill('Not Allowed')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await dialog
      .getByText('Must contain only lowercase alphanumeric and _- characters. Max 255 characters.')
      .first()
      .waitFor()
    // What the server refuses stays to be corrected.
    await name.fill('one')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await name.inputValue()).toBe('one')
    await name.fill('fresh/water')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText('Successfully created repository harbour/fresh/water').waitFor()
    await page.getByRole('heading', { name: 'harbour/fresh/water', level: 1 }).waitFor()
    await page.getByText('Private', { exact: true }).waitFor()
    await page.getByText(/^podman login /).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('are found, made public and deleted in bulk', async () => {
    await makeAnew('one', 'two')
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo('/repository')
    await page.getByRole('textbox', { name: 'Search by name…' }).fill('harbour/o')
    await page.getByRole('link', { name: stocked }).waitFor({ state: 'detached' })
    await page.getByRole('checkbox', { name: 'Select harbour/one' }).check()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Make public' }).click()
    const publish = page.getByRole('alertdialog', { name: 'Make repositories public' })
    await publish.getByRole('button', { name: 'Make public' }).click()
    await page.getByText('Changed the visibility of 1 repository').waitFor()
    await page
      .getByRole('row', { name: /harbour\/one/ })
      .getByText('Public')
      .waitFor()

    await visitor.goTo('/repository?search=two')
    await page.getByRole('checkbox', { name: 'Select harbour/two' }).check()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const question = page.getByRole('alertdialog', { name: 'Permanently delete repositories?' })
    expect(await question.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
    await question.getByRole('textbox').fill('confirm')
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Deleted 1 repository').waitFor()
    await page.getByText('No repositories found').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('are only to be looked at for whoever has no permission', async () => {
    await forget(api, '/api/v1/superuser/users/passenger')
    const person = await signUp(server, api, 'passenger')
    await using visitor = await come({
      account: person,
      expects: [/404 \(Not Found\)/, /403 \(Forbidden\)/],
    })
    const { page } = visitor
    await visitor.goTo('/repository/harbour/one')
    await page.getByRole('tab', { name: 'Tags' }).waitFor()
    expect(await page.getByRole('tab', { name: 'Settings' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Edit description' }).count()).toBe(0)
    await visitor.goTo(`/repository/${stocked}`)
    await page.getByRole('heading', { name: /^(?:Access denied|Not found)$/ }).waitFor()
  })
})

describe('a repository', () => {
  it('is described in Markdown', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(`/repository/${stocked}`)
    await page.getByRole('button', { name: 'Edit description' }).click()
    await page.getByLabel('Repository description').fill('# Engines\n\nHow they *run*.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Repository description updated successfully').waitFor()
    await page.getByRole('heading', { name: 'Engines' }).waitFor()
    await page.getByRole('button', { name: 'Star', exact: true }).click()
    await page.getByRole('button', { name: 'Remove star', exact: true }).click()
    await page.getByRole('button', { name: 'Star', exact: true }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('is shared with a team, whose role can be changed and taken away', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(`/repository/${stocked}?tab=settings`)
    await page.getByRole('button', { name: 'Add permissions' }).click()
    const drawer = page.getByRole('dialog', { name: 'Add permissions' })
    await drawer.getByRole('combobox').fill('crew')
    await page.getByRole('option', { name: /crew/ }).first().click()
    await drawer.getByRole('button', { name: 'Submit' }).click()
    await page.getByLabel('Permission of crew').selectOption('Write')
    await page.getByText('Changed 1 permission').waitFor()
    await page.getByRole('button', { name: 'Actions for crew' }).click()
    await page.getByRole('menuitem', { name: 'Delete Permission' }).click()
    const question = page.getByRole('alertdialog', { name: 'Delete 1 permission?' })
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Permission of crew').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })

  it('has policies, a state, and an end that has to be typed', async () => {
    await using visitor = await come()
    const { page } = visitor
    const settings = '/repository/harbour/one?tab=settings&section='
    await visitor.goTo(`${settings}repositoryimmutabilitypolicies`)
    await page.getByRole('button', { name: 'Add Policy' }).click()
    const policy = page.getByRole('dialog', { name: 'Add Policy' })
    await policy.getByLabel('Tag Pattern').fill('^v(')
    await policy.getByRole('button', { name: 'Save' }).click()
    await policy.getByText('Invalid regular expression pattern').first().waitFor()
    await policy.getByLabel('Tag Pattern').fill('^v1')
    await policy.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Successfully created immutability policy').waitFor()

    await visitor.goTo(`${settings}repositorystate`)
    await page.getByRole('radio', { name: 'Read Only' }).check()
    await page.getByRole('button', { name: 'Submit' }).click()
    await page.getByText('Changed the state of harbour/one').waitFor()

    // As Quay spells it.
    await visitor.goTo(`${settings}repositoryvisiblity`)
    await page.getByRole('heading', { name: 'Repository visibility' }).waitFor()

    await visitor.goTo(`${settings}deleterepository`)
    await page.getByRole('button', { name: 'Delete Repository' }).click()
    const question = page.getByRole('alertdialog', { name: 'Delete Repository?' })
    await question.getByRole('textbox').fill('harbour/one')
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL('**/repository')
    await page.getByText('Deleted repository harbour/one').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

it('are looked at in Japanese, in the dark and on a telephone', async () => {
  await using visitor = await come({ language: 'ja', theme: 'DARK', width: 320, height: 640 })
  const faults: string[] = []
  const base = `/repository/${stocked}`
  for (const path of ['/repository', base, `${base}?tab=settings`]) {
    await visitor.goTo(path)
    await settled(visitor.page)
    const found = [...(await visitor.findings()), ...(await visitor.overflow())]
    faults.push(...found.map((fault) => `${path}: ${fault}`))
  }
  expect([...faults, ...visitor.complaints]).toEqual([])
})
