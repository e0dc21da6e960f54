import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, visit, type Visit } from '../support/browser.ts'
import { createImage } from '../support/content.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

const settings = {
  FEATURE_IMMUTABLE_TAGS: true,
  FEATURE_QUOTA_MANAGEMENT: true,
  FEATURE_USER_METADATA: true,
}

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
    openBrowser(),
  ])
  const superuser = await server.signedIn()
  await Promise.all(['mika', 'anna', 'ken'].map((name) => signUp(server, superuser, name)))
  for (const name of ['site', 'spare-one', 'spare-two', 'leaving']) {
    await superuser.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
  }
  const registry = server.client()
  const image = createImage({ layers: [[{ name: 'a', content: 'a' }]] })
  for (const name of ['app', 'base']) await registry.pushImage(`site/${name}`, '1.0', image)
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
async function told(page: Page, text: string) {
  await page.getByText(text).first().waitFor()
}
const row = (page: Page | Locator, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })

async function pick(page: Page, label: string, name: string) {
  await page.getByRole('combobox', { name: label }).fill(name)
  await page.getByRole('option', { name: new RegExp(`^${name.replace('+', '\\+')}`) }).click()
}

async function act(page: Page, name: string, action: string) {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

const shoot = (page: Page, name: string) =>
  process.env['SHOTS'] === undefined
    ? Promise.resolve()
    : page.screenshot({ path: `${process.env['SHOTS']}/${name}.png` })

describe('the list of organizations', () => {
  it('creates organizations, and says at the field what is wrong with a name', async () => {
    await using visitor = await visit(browser, options({ expects: [/400 \(Bad Request\)/] }))
    const { page } = visitor
    await visitor.goTo('/organization')
    await page.getByRole('button', { name: 'Create Organization' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create Organization' })
    await dialog.getByLabel('Organization Name').fill('Not a name')
    await dialog.getByLabel('Email (Optional)').fill('nobody')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await told(page, 'Enter a valid email: email@provider.com')
    await dialog.getByLabel('Email (Optional)').fill('')
    await dialog.getByLabel('Organization Name').fill('site')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByLabel('Organization Name').inputValue()).toBe('site')
    await shoot(page, 'create-organization')
    await dialog.getByLabel('Organization Name').fill('fresh')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await told(page, 'Successfully created organization fresh')
    await page.getByRole('heading', { level: 1, name: 'fresh' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('shows the password of a new account once', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization')
    await page.getByRole('button', { name: 'Create User' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create New User' })
    await dialog.getByLabel('Username').fill('x')
    await dialog.getByRole('button', { name: 'Create User' }).click()
    await told(page, 'Username must be at least 2 characters')
    await dialog.getByLabel('Username').fill('visitor')
    await dialog.getByLabel('Email').fill('visitor@example.com')
    await dialog.getByRole('button', { name: 'Create User' }).click()
    const password = await dialog.getByLabel('Temporary Password').inputValue()
    await shoot(page, 'create-user')
    await dialog.getByRole('button', { name: 'Done' }).click()
    await row(page, 'visitor').waitFor()
    await using other = await visit(browser, {
      url: server.urls.https,
      account: { username: 'visitor', password },
    })
    await other.goTo('/organization')
    await other.page.getByRole('rowheader', { name: /visitor/ }).waitFor()
    expect([...visitor.complaints, ...other.complaints]).toEqual([])
  })

  it('lets a superuser rename, take over, disable and delete', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization')
    await shoot(page, 'organizations')
    await act(page, 'fresh', 'Rename Organization')
    await page.getByLabel('New name').fill('renamed')
    await page.getByRole('button', { name: 'Rename', exact: true }).click()
    await told(page, 'Successfully renamed organization from fresh to renamed')

    await act(page, 'ken', 'Disable User')
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await told(page, 'Successfully disabled user ken')
    await row(page, 'ken').getByText('Disabled').waitFor()
    await act(page, 'ken', 'Enable User')
    await page.getByRole('button', { name: 'Enable', exact: true }).click()
    await told(page, 'Successfully enabled user ken')

    await act(page, 'ken', 'Change E-mail Address')
    await page.getByLabel('New e-mail address of ken').fill('ken@example.org')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await told(page, 'Successfully changed email for ken')
    await act(page, 'ken', 'Change Password')
    await page.getByLabel('New password of ken').fill('a-new-password')
    await page.getByLabel('The same password again').fill('a-new-password')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await told(page, 'Successfully changed password for ken')

    await act(page, 'ken', 'Take Ownership')
    const take = page.getByRole('alertdialog', { name: 'Take Ownership' })
    await take.getByRole('textbox').fill('ken')
    await take.getByRole('button', { name: 'Take Ownership' }).click()
    await told(page, 'Successfully took ownership of user ken')

    await act(page, 'renamed', 'Delete Organization')
    const sure = page.getByRole('alertdialog', { name: 'Delete Organization' })
    await sure.getByRole('textbox').fill('other')
    expect(await sure.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
    await sure.getByRole('textbox').fill('renamed')
    await sure.getByRole('button', { name: 'Delete' }).click()
    await told(page, 'Successfully deleted organization renamed')
    expect(visitor.complaints).toEqual([])
  })

  it('deletes several, and searches', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization')
    await page.getByRole('textbox', { name: /^Search by name/ }).fill('spare')
    await page.waitForURL('**/organization?search=spare')
    await row(page, 'site').waitFor({ state: 'detached' })
    await page.getByRole('checkbox', { name: 'Select spare-one' }).click()
    await page.getByRole('checkbox', { name: 'Select spare-two' }).click()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Permanently delete organizations?' })
    await dialog.getByRole('textbox').fill('confirm')
    await shoot(page, 'bulk-delete')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await told(page, 'Deleted 2 organizations')
    await told(page, 'No results found')
    expect(visitor.complaints).toEqual([])
  })
})

describe('an organization', () => {
  it('has teams with roles, repositories and members, made by a wizard', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/site?tab=Teamsandmembership')
    await page.getByRole('button', { name: 'Create new team' }).click()
    const first = page.getByRole('dialog', { name: 'Create team' })
    await first.getByLabel('Provide a name for your new team').fill('owners')
    await first.getByRole('button', { name: 'Proceed' }).click()
    await told(page, 'Team "owners" already exists')
    await first.getByLabel('Provide a name for your new team').fill('crew')
    await first.getByLabel('Provide a description for your new team').fill('Those on duty')
    await first.getByRole('button', { name: 'Proceed' }).click()
    await told(page, 'Successfully created new team: crew')
    const wizard = page.getByRole('dialog', { name: 'Create team' })
    await wizard.getByRole('heading', { name: 'Add to repository (optional)' }).waitFor()
    await row(page, 'app').getByRole('combobox').selectOption('write')
    await shoot(page, 'team-wizard')
    await wizard.getByRole('button', { name: 'Next', exact: true }).click()
    await pick(page, 'Search for a user or robot', 'mika')
    await wizard.getByRole('button', { name: 'Next', exact: true }).click()
    await wizard.getByText('app: Write').waitFor()
    await wizard.getByText('mika').waitFor()
    await wizard.getByRole('button', { name: 'Finish' }).click()
    await told(page, 'Successfully set up team: crew')

    await page.getByLabel('Role of the team crew').selectOption('creator')
    await told(page, 'Team role updated successfully for: crew')
    await shoot(page, 'teams')
    await act(page, 'crew', 'Set repository permissions')
    const grants = page.getByRole('dialog', { name: 'Set repository permissions for crew' })
    await row(page, 'base').getByRole('combobox').selectOption('read')
    await grants.getByText('1 change not saved yet').waitFor()
    await grants.getByRole('button', { name: 'Update' }).click()
    await told(page, 'Updated repo perm for team: crew successfully')

    await page.getByRole('radio', { name: 'Members View' }).check({ force: true })
    await row(page, 'mika').getByRole('link', { name: 'crew' }).waitFor()
    await page.getByRole('radio', { name: 'Collaborators View' }).check({ force: true })
    await told(page, 'There are no collaborators')
    expect(visitor.complaints).toEqual([])
  })

  it('has a page for each team', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/site/teams/crew')
    await page.getByRole('button', { name: 'Edit description' }).click()
    await page.getByLabel('Team description').fill('Those who watch')
    await page.getByRole('button', { name: 'Save' }).click()
    await told(page, 'Successfully updated team description')
    await page.getByRole('button', { name: 'Add new member' }).click()
    await page.getByRole('button', { name: 'Add member' }).click()
    await told(page, 'Choose a user or robot account.')
    await pick(page, 'User or robot account', 'anna')
    await page.getByRole('button', { name: 'Add member' }).click()
    await told(page, 'Successfully added "anna" to team')
    await shoot(page, 'team')
    await page.getByRole('button', { name: 'Remove mika from team' }).click()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await told(page, 'Successfully removed "mika" from team')
    await row(page, 'mika').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })

  it('grants by default what it is told to', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/site?tab=Defaultpermissions')
    await page.getByRole('button', { name: 'Create default permission' }).click()
    const drawer = page.getByRole('dialog', { name: 'Create default permission' })
    await drawer.getByRole('radio', { name: 'Specific user' }).check({ force: true })
    await pick(page, 'Repository creator', 'mika')
    await pick(page, 'Applied to', 'crew')
    await shoot(page, 'default-permission')
    await drawer.getByRole('button', { name: 'Create default permission' }).click()
    await told(page, 'Successfully created default permission for creator: mika')
    await page.getByLabel('Permission of crew on repositories by mika').selectOption('admin')
    await told(page, 'Permission updated successfully to: Admin')
    await act(page, 'mika → crew', 'Delete Permission')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await told(page, 'Permission created by: mika successfully deleted')
    expect(visitor.complaints).toEqual([])
  })

  it('has settings, and is deleted by typing its name', async () => {
    await using visitor = await visit(browser, options())
    const { page } = visitor
    await visitor.goTo('/organization/site?tab=Settings')
    await page.getByLabel('Email').fill('crew@example.com')
    await page.getByLabel('Time machine').selectOption({ index: 1 })
    await shoot(page, 'settings')
    await page.getByRole('button', { name: 'Save' }).click()
    await told(page, 'Successfully updated settings')
    await page.getByRole('link', { name: 'Quota', exact: true }).click()
    await told(page, 'No Quota Configured')
    await page.getByRole('link', { name: 'Immutability Policies' }).click()
    await page.getByRole('button', { name: 'Add policy' }).click()
    await page.getByLabel('Tag Pattern').fill('v(')
    await page.getByRole('button', { name: 'Save' }).click()
    await told(page, 'Invalid regular expression pattern')
    await page.getByLabel('Tag Pattern').fill('v\\d+')
    await page.getByRole('button', { name: 'Save' }).click()
    await told(page, 'Successfully created immutability policy')
    await page.getByRole('button', { name: 'Delete policy v\\d+' }).click()
    await page.getByRole('button', { name: 'Delete policy', exact: true }).click()
    await told(page, 'Successfully deleted immutability policy')

    await visitor.goTo('/organization/leaving?tab=Settings')
    await page.getByRole('button', { name: 'Delete organization' }).click()
    const sure = page.getByRole('alertdialog', { name: 'Delete organization' })
    await sure.getByRole('textbox').fill('leavin')
    expect(await sure.getByRole('button', { name: 'Delete organization' }).isDisabled()).toBe(true)
    await sure.getByRole('textbox').fill('leaving')
    await sure.getByRole('button', { name: 'Delete organization' }).click()
    await told(page, 'Successfully deleted organization leaving')
    await page.waitForURL('**/organization')
    await row(page, 'site').waitFor()
    await row(page, 'leaving').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })

  it('shows a member the teams, and strangers the repositories alone', async () => {
    await using visitor = await visit(browser, { ...options(), account: await accountOf('anna') })
    const { page } = visitor
    await visitor.goTo('/organization/site')
    await page.getByRole('tab', { name: 'Teams and membership' }).click()
    await row(page, 'crew').waitFor()
    expect(await page.getByRole('tab').allInnerTexts()).toEqual([
      'Repositories',
      'Teams and membership',
    ])
    expect(await page.getByRole('button', { name: 'Create new team' }).count()).toBe(0)
    await visitor.goTo('/organization/nothing-here')
    await told(page, 'There is no namespace nothing-here')
    expect(visitor.complaints.filter((text) => !text.includes('404'))).toEqual([])
  })
})

async function accountOf(username: string) {
  const superuser = await server.signedIn()
  const password = 'another-password'
  await superuser.put(`/api/v1/superuser/users/${username}`, { password })
  return { username, password }
}

describe("one's own namespace", () => {
  it('has a profile, and an account that can be deleted', async () => {
    await using visitor = await visit(browser, { ...options(), account: await accountOf('mika') })
    const { page } = visitor
    await visitor.goTo('/organization/mika?tab=Settings')
    await page.getByLabel('Company').fill('Example')
    await page.getByRole('button', { name: 'Save' }).click()
    await told(page, 'Successfully updated settings')
    await shoot(page, 'user-settings')
    await page.getByRole('button', { name: 'Delete account' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Delete account' })
    await dialog.getByRole('textbox').fill('mika')
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await page.waitForURL('**/signin')
    expect(visitor.complaints).toEqual([])
  })
})

const pages = [
  '/organization',
  '/organization/site',
  '/organization/site?tab=Teamsandmembership',
  '/organization/site?tab=Teamsandmembership&view=members',
  '/organization/site/teams/owners',
  '/organization/site?tab=Defaultpermissions',
  '/organization/site?tab=Settings',
  '/organization/site?tab=Settings&section=immutabilitypolicies',
  '/user/quay?tab=Settings',
]

it.each([
  ['light, English, wide', {}],
  ['dark, Japanese, narrow', { language: 'ja', theme: 'DARK', width: 320, height: 640 }],
] as const)('its pages are accessible and fit: %s', async (name, how) => {
  await using visitor = await visit(browser, options(how))
  const faults: string[] = []
  for (const [index, path] of pages.entries()) {
    await visitor.goTo(path)
    await visitor.page.locator('main .animate-pulse').first().waitFor({ state: 'detached' })
    faults.push(...(await visitor.findings()).map((finding) => `${path}: ${finding}`))
    const isWide = await visitor.page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    )
    if (isWide) faults.push(`${path}: wider than the window`)
    await shoot(visitor.page, `${name.slice(0, 4)}-${index}`)
  }
  expect(faults).toEqual([])
  expect(visitor.complaints).toEqual([])
})
