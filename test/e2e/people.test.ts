import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { furnish, pageList } from './page-list.ts'

const config = {
  FEATURE_USER_METADATA: true,
  FEATURE_IMMUTABLE_TAGS: true,
  FEATURE_QUOTA_MANAGEMENT: true,
  PERMANENTLY_DELETE_TAGS: true,
  GLOBAL_READONLY_SUPER_USERS: ['auditor'],
}

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let api: ApiClient
let auditor: Person
let mika: Person

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } }),
    openBrowser(),
  ])
  api = await server.signedIn()
  await furnish(server)
  auditor = await signUp(server, api, 'auditor')
  mika = await signUp(server, api, 'mika')
}, 60_000)

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const come = (more: Partial<Visit> = {}) => visit(browser, { url: server.urls.https, ...more })

/** A name that an attempt before this one has taken stays taken. */
let attempts = 0

describe('an account', () => {
  it('is made by its owner, who is asked for a name once', async () => {
    const newcomer = `newcomer${String(++attempts)}`
    await using visitor = await come({ expects: [/409 \(Conflict\)/, /400 \(Bad Request\)/] })
    const { page } = visitor
    await visitor.goTo('/createaccount')
    const submit = page.getByRole('button', { name: 'Create Account' })
    await page.getByLabel('Username').fill('mika')
    await page.getByLabel('Email').fill(`${newcomer}@example.com`)
    await page.getByRole('textbox', { name: /^Password/ }).fill('a-long-password')
    await page.getByRole('textbox', { name: 'Confirm Password' }).fill('a-long-password')
    await submit.click()
    await page.getByRole('alert').first().waitFor()
    await page.getByLabel('Username').fill(newcomer)
    await submit.dblclick()
    await page.waitForURL('**/updateuser')
    await page.getByRole('button', { name: 'Save Details' }).click()
    await page.getByText('Enter a name or a company').first().waitFor()
    await page.getByLabel('Given Name').fill('Nanami')
    await page.getByRole('button', { name: 'Save Details' }).click()
    await page.waitForURL('**/organization')
    await page.getByRole('rowheader', { name: new RegExp(newcomer) }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('whose password was lost is recovered with a code, once', async () => {
    const printed = await server.mooring(['user', 'recovery-codes', 'mika'])
    const [code = ''] = /\b[0-9A-Z]{4,}(?:-[0-9A-Z]{4,})+\b/.exec(printed) ?? []
    expect(code).not.toBe('')
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo('/recover')
    await page.getByLabel('Username').fill('mika')
    await page.getByLabel('Recovery code').fill(code.toLowerCase())
    await page.getByRole('textbox', { name: 'New password' }).fill('found-again-42')
    await page.getByRole('textbox', { name: 'Confirm Password' }).fill('found-again-42')
    await page.getByRole('button', { name: 'Set the password and sign in' }).click()
    await page.getByText('The password was changed, and all other sessions ended').waitFor()
    await page.getByRole('button', { name: 'Account menu of mika' }).waitFor()
    mika = { ...mika, password: 'found-again-42' }
    expect(visitor.complaints).toEqual([])
  })
})

describe('an application', () => {
  it('is assigned to somebody, who authorizes it and takes that back', async () => {
    await api.post('/api/v1/organization/harbour/applications', {
      ...{ name: 'Lighthouse', redirect_uri: '', application_uri: '', description: '' },
      avatar_email: '',
    })
    await using visitor = await come({
      account: { username: server.username, password: server.password },
    })
    const { page } = visitor
    await visitor.goTo('/organization/harbour?tab=OAuthApplications')
    await page.getByRole('button', { name: 'Lighthouse', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('tab', { name: 'API Access Tokens' }).click()
    await dialog.getByRole('button', { name: 'Generate New Token' }).click()
    await dialog.getByRole('radio', { name: 'Assign another user' }).check()
    await dialog.getByRole('combobox', { name: 'Token owner' }).fill('mika')
    await page.getByRole('option', { name: /^mika/ }).click()
    await dialog.getByRole('checkbox', { name: 'Read User Information' }).check()
    await dialog.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Authorize' }).click()
    await dialog.getByText('mika was told to authorize the token.').waitFor()

    await using owner = await come({ account: mika })
    await owner.goTo('/user/mika?tab=Externallogins')
    await owner.page.getByText('No external login providers configured').waitFor()
    await owner.page.getByText('Tokens assigned to you').waitFor()
    expect(await owner.findings()).toEqual([])
    await owner.page.getByRole('button', { name: 'Authorize Application' }).click()
    // The server's own page asks; what it answers leads back to the interface.
    await owner.page.getByRole('button', { name: /authorize/i }).click()
    await owner.page.getByRole('heading', { name: 'Access token' }).waitFor()
    const token = (await owner.page.locator('code').innerText()).trim()
    expect(await server.api(token).get('/api/v1/user/')).toMatchObject({ username: 'mika' })

    await owner.goTo('/user/mika?tab=Externallogins')
    await owner.page.getByRole('button', { name: 'Actions for Lighthouse' }).click()
    await owner.page.getByRole('menuitem', { name: 'Revoke Authorization' }).click()
    const question = owner.page.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Revoke Authorization' }).click()
    await owner.page.getByText('You have not authorized any external applications.').waitFor()
    expect((await server.api(token).request('GET', '/api/v1/user/')).status).toBe(401)
    expect([...visitor.complaints, ...owner.complaints]).toEqual([])
  }, 60_000)
})

describe('whoever may only look', () => {
  it('sees every page that a superuser sees, and nothing that changes anything', async () => {
    const seen = [
      ...['organizations', 'organization-teams', 'organization-robots', 'organization-permissions'],
      ...['organization-applications', 'organization-settings', 'team', 'repositories'],
      ...['repository', 'repository-tags', 'repository-settings', 'tag', 'service-keys'],
      ...['usage-logs', 'messages', 'storage', 'backup', 'service', 'certificates'],
    ]
    const changes =
      /^(?:create|new|add|delete|remove|rename|save|edit|renew|replace|restart|stop|start|change|generate|revoke|back up|make|star$|actions|take|collect|run|set)\b/i
    await using visitor = await come({ account: auditor, expects: [/40[34] \(/] })
    const { page } = visitor
    const found: string[] = []
    for (const { name, path } of pageList) {
      if (!seen.includes(name)) continue
      await visitor.goTo(path)
      await settled(page)
      const buttons = page.locator('main').getByRole('button')
      const names = await buttons.evaluateAll((all) =>
        all.map((one) => one.getAttribute('aria-label') ?? one.textContent.trim()),
      )
      const boxes = await page.locator('main td input[type=checkbox]').count()
      found.push(...names.filter((text) => changes.test(text)).map((text) => `${name}: ${text}`))
      if (boxes > 0) found.push(`${name}: rows can be chosen`)
      if ((await page.getByRole('heading', { name: 'Access Denied' }).count()) > 0) {
        found.push(`${name}: denied`)
      }
    }
    // Certificates and their keys are for superusers alone.
    expect(found).toEqual(['certificates: denied'])
    await visitor.goTo('/repository')
    await page.getByRole('link', { name: 'harbour/charts' }).waitFor()
  }, 90_000)
})
