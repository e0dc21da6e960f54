import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdAnswer, interruptible, openBrowser, visit, type Visit } from '../support/browser.ts'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startTestServer(), openBrowser()])
  const api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbor', email: 'harbor@example.com' }, 201)
  const image = createImage({ layers: [[{ name: 'a', content: 'a' }]] })
  await server.client().pushImage('harbor/app', '1.0', image)
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const options = (more: Partial<Visit> = {}): Visit => ({
  url: server.urls.https,
  account: { username: server.username, password: server.password },
  ...more,
})
const shot = (page: Page, name: string) =>
  process.env['SHOTS'] === undefined
    ? Promise.resolve()
    : page.screenshot({ path: `${process.env['SHOTS']}/${name}.png` })

/** What a block of code with this name shows. */
const codeOf = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('region', { name, exact: true }).innerText()

async function pullWith(username: string, password: string): Promise<number> {
  const { status } = await server.client({ username, password }).getManifest('harbor/app', '1.0')
  return status
}

describe('robot accounts', () => {
  it('are created with what they may do, and sign in with what is shown', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/harbor?tab=Robotaccounts')
    await page.getByText('There are no viewable robot accounts for this namespace').waitFor()
    await page.getByRole('button', { name: 'Create robot account' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create robot account' })
    await dialog.getByRole('textbox', { name: 'Robot account name' }).fill('CI')
    await dialog.getByRole('button', { name: 'Review and Finish' }).click()
    await dialog.getByRole('button', { name: 'Create robot account' }).click()
    await dialog.getByText(/The name must have 2 to 255/).waitFor()
    await dialog.getByRole('textbox', { name: 'Robot account name' }).fill('ci')
    await dialog.getByRole('textbox', { name: 'Description' }).fill('Pulls for the pipeline')
    await dialog.getByRole('tab', { name: /Add to repository/ }).click()
    await dialog.getByLabel('Permission on app').selectOption('Read')
    await shot(page, 'robot-create')
    await dialog.getByRole('button', { name: 'Review and Finish' }).click()
    await dialog.getByText('app (Read)').waitFor()
    await dialog.getByRole('button', { name: 'Create robot account' }).click()

    const credentials = page.getByRole('dialog', { name: 'Credentials for harbor+ci' })
    await credentials.waitFor()
    await shot(page, 'robot-credentials')
    expect(await codeOf(page, 'Username')).toBe('harbor+ci')
    const token = await codeOf(page, 'Token')
    expect(await pullWith('harbor+ci', token)).toBe(200)
    expect(await visitor.findings()).toEqual([])

    await credentials.getByRole('tab', { name: 'Kubernetes' }).click()
    await credentials.getByText('name: harbor-ci-pull-secret').first().waitFor()
    await shot(page, 'robot-kubernetes')
    await credentials.getByRole('tab', { name: 'Docker Configuration' }).click()
    const config = await codeOf(page, 'Step 1: Download the file')
    const { auths } = JSON.parse(config) as { auths: Record<string, { auth: string }> }
    const [auth] = Object.values(auths)
    expect(Buffer.from(auth?.auth ?? '', 'base64').toString()).toBe(`harbor+ci:${token}`)
    await credentials.getByRole('tab', { name: 'More formats' }).click()
    await credentials.getByLabel('Format', { exact: true }).selectOption('Nomad')
    await shot(page, 'robot-more')

    await credentials.getByRole('tab', { name: 'Robot Account' }).click()
    await credentials.getByRole('button', { name: 'Regenerate token now' }).click()
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Regenerate token now' })
      .click()
    await page.getByText('harbor+ci has a new token').waitFor()
    const renewed = await codeOf(page, 'Token')
    expect(renewed).not.toBe(token)
    expect(await pullWith('harbor+ci', renewed)).toBe(200)
    await expect(pullWith('harbor+ci', token)).rejects.toThrow('401')
    await credentials.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: '1 repositories' }).waitFor()
    await shot(page, 'robots')
    expect(visitor.complaints).toEqual([])
  })

  it('get other permissions and federation, and are deleted', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    const menu = page.getByRole('button', { name: 'Actions for harbor+ci' })
    const interrupt = await interruptible(page)
    await visitor.goTo('/organization/harbor?tab=Robotaccounts')
    await menu.click()
    await page.getByRole('menuitem', { name: 'Set repository permissions' }).click()
    const permission = page.getByLabel('Permission on app')
    await permission.waitFor()
    const late = await holdAnswer(page, '**/robots/ci/permissions')
    interrupt()
    await late.asked
    await permission.selectOption('None')
    await page.getByText('Successfully updated repository permission').waitFor()
    // What the server said before the change does not come back.
    late.release()
    await page.waitForResponse('**/robots/ci/permissions')
    expect(await permission.inputValue()).toBe('')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'No repositories' }).waitFor()

    await menu.click()
    await page.getByRole('menuitem', { name: 'Set robot federation' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Add issuer' }).click()
    await dialog.getByLabel('Issuer URL').fill('https://ci.example.com')
    await dialog.getByLabel('Subject').fill('repo:site/app')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Robot federation config saved').waitFor()

    await page.getByRole('checkbox', { name: 'Select harbor+ci' }).check()
    await page.getByRole('button', { name: 'Delete robot accounts' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByRole('textbox').fill('confirm')
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Successfully deleted 1 robot accounts').waitFor()
    await page.getByText('There are no viewable robot accounts for this namespace').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('tokens', () => {
  it('of programs sign in with what is shown, and not when revoked', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo(`/user/${server.username}?tab=Settings&section=cliconfig`)
    await page.getByRole('button', { name: 'Create application token' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create application token' })
    await dialog.getByRole('button', { name: 'Create application token' }).click()
    await dialog.getByText('Token title is required').waitFor()
    await dialog.getByLabel('Token Name').fill('laptop')
    await dialog.getByRole('button', { name: 'Create application token' }).click()
    const credentials = page.getByRole('dialog', { name: 'Credentials for laptop' })
    await credentials.waitFor()
    const token = await codeOf(page, 'Token')
    expect(await pullWith('$app', token)).toBe(200)
    await credentials.getByRole('button', { name: 'Done' }).click()
    await shot(page, 'app-tokens')
    expect(await visitor.findings()).toEqual([])
    await page.getByRole('button', { name: 'Actions for laptop' }).click()
    await page.getByRole('menuitem', { name: 'Revoke Token' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke Token' }).click()
    await page.getByText('No application tokens').waitFor()
    await expect(pullWith('$app', token)).rejects.toThrow('401')

    await page.getByRole('button', { name: 'Generate encrypted password' }).click()
    await page
      .getByRole('dialog')
      .getByLabel(/^Current Password/)
      .fill(server.password)
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Generate encrypted password' })
      .click()
    await page.getByRole('tab', { name: 'Encrypted Password' }).waitFor()
    expect(await pullWith(server.username, await codeOf(page, 'Password'))).toBe(200)
    expect(visitor.complaints).toEqual([])
  })

  it('of applications are shown once', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/harbor?tab=OAuthApplications')
    await page.getByRole('button', { name: 'Create new application' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Application Name').fill('Dashboard')
    await dialog.getByRole('button', { name: 'Create OAuth application' }).click()
    await page.getByText('Successfully created application: Dashboard').waitFor()
    await page.getByRole('button', { name: 'Dashboard', exact: true }).click()
    await dialog.getByRole('tab', { name: 'OAuth Information' }).click()
    await dialog.getByRole('button', { name: 'Show secret' }).click()
    await shot(page, 'oauth-information')
    await dialog.getByRole('tab', { name: 'API Access Tokens' }).click()
    await dialog.getByRole('button', { name: 'Generate New Token' }).click()
    await dialog.getByLabel('Token Name').fill('reader')
    await dialog.getByRole('checkbox', { name: 'Read User Information' }).check()
    await shot(page, 'oauth-token')
    await dialog.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Authorize' }).click()
    const token = await codeOf(page, 'Access token')
    const me = await server.api(token).get('/api/v1/user/')
    expect(me).toMatchObject({ username: server.username })
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.getByRole('rowheader', { name: 'reader' }).waitFor()
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('without an account', () => {
  it('says what is wrong with a new account before and after it is sent', async () => {
    await using visitor = await visit(browser, {
      url: server.urls.https,
      expects: [/40[0139] \(/],
    })
    const { page } = visitor
    await visitor.goTo('/createaccount')
    await shot(page, 'create-account')
    expect(await visitor.findings()).toEqual([])
    await visitor.goTo('/recover')
    await page.getByLabel('Username').fill(server.username)
    await page.getByLabel('Recovery code').fill('wrong-code')
    await page.getByRole('textbox', { name: 'New password' }).fill('another-password')
    await page.getByRole('textbox', { name: 'Confirm Password' }).fill('another-password')
    await page.getByRole('button', { name: 'Set the password and sign in' }).click()
    await page.getByText(/The username or the code is wrong/).waitFor()
    await visitor.goTo('/oauth-error?provider=Corp&error_description=no%20such%20user')
    await page.getByRole('heading', { name: 'Corp Authentication Error' }).waitFor()
    await page.getByText('no such user').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})
