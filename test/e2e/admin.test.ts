import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, visit, type Visit } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startTestServer(), openBrowser()])
  const api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbor', email: 'harbor@example.com' }, 201)
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

it('shows messages to everybody until they are deleted', async () => {
  await using visitor = await visit(browser, options())
  const { page } = visitor
  await visitor.goTo('/messages')
  await page.getByText('No Messages').waitFor()
  await page.getByRole('button', { name: 'Create Message' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create Message' }).click()
  await dialog.getByText('Message content is required').waitFor()
  await dialog.getByLabel('Severity').selectOption('Warning')
  await dialog.getByRole('button', { name: 'Bold' }).click()
  await page.keyboard.type('Maintenance')
  await dialog.getByRole('tab', { name: 'Preview' }).click()
  expect(await dialog.locator('strong').innerText()).toBe('Maintenance')
  await dialog.getByRole('button', { name: 'Create Message' }).click()
  await page.getByRole('rowheader', { name: 'Maintenance' }).waitFor()
  await shot(page, 'messages')
  expect(await visitor.findings()).toEqual([])
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete Message' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete Message' }).click()
  await page.getByText('No Messages').waitFor()
  expect(visitor.complaints).toEqual([])
})

it('shows the private part of a new service key once', async () => {
  await using visitor = await visit(browser, options())
  const { page } = visitor
  await visitor.goTo('/service-keys')
  await page.getByRole('button', { name: 'Create Preshareable Key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Key Name' }).fill('Scanner')
  await dialog.getByRole('textbox', { name: 'Service Name' }).fill('clair')
  await dialog.getByRole('button', { name: 'Create Preshareable Key' }).click()
  await dialog.getByText(/BEGIN .*PRIVATE KEY/).waitFor()
  await shot(page, 'service-key-private')
  await dialog.getByRole('button', { name: 'Done' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Scanner' })
  await row.getByText(`Approved by ${server.username}`).waitFor()
  await row.getByRole('button', { name: 'Actions for Scanner' }).click()
  await page.getByRole('menuitem', { name: 'Set Friendly Name' }).click()
  await page.getByRole('textbox', { name: 'Key Name' }).fill('Other scanner')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByRole('rowheader', { name: 'Other scanner' }).waitFor()
  await shot(page, 'service-keys')
  expect(await visitor.findings()).toEqual([])
  expect(visitor.complaints).toEqual([])
})

it('tells in sentences what happened, filtered by the server', async () => {
  await using visitor = await visit(browser, options())
  const { page } = visitor
  await visitor.goTo('/usage-logs')
  await page.getByText('Organization harbor was created').waitFor()
  await page.getByRole('figure', { name: 'Events by day and kind' }).waitFor()
  await shot(page, 'usage-logs')
  expect(await visitor.findings()).toEqual([])
  await visitor.goTo('/usage-logs?kinds=org_create')
  await page.getByText('Organization harbor was created').waitFor()
  expect(await page.getByText('signed in').count()).toBe(0)
  await visitor.goTo('/usage-logs?search=nothing-like-this')
  await page.getByText('No logs match the filters').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'Download as CSV' }).click()
  expect((await download).suggestedFilename()).toMatch(/\.csv$/)

  // A range of days, typed; outside of it nothing happened.
  await visitor.goTo('/usage-logs?from=2026-01-01&to=2026-01-02')
  await page
    .getByText('There are no logs')
    .or(page.getByText(/^No logs/))
    .first()
    .waitFor()
  await visitor.goTo('/usage-logs?from=2026-01-03&to=2026-01-02')
  await page.getByText('From date cannot be after To date').waitFor()
  expect(visitor.complaints).toEqual([])
})

it('sends logs to an address when they are ready', async () => {
  await using visitor = await visit(browser, options())
  const { page } = visitor
  await visitor.goTo('/organization/harbor?tab=Logs')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'Export to an address…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export Usage Logs' })
  await dialog.getByLabel('Email address or callback URL').fill('nowhere')
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await dialog.getByText(/^Enter an email address, or/).waitFor()
  await dialog.getByLabel('Email address or callback URL').fill('https://logs.example.com/ready')
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText(/^Logs exported with id \S+/).waitFor()
  expect(visitor.complaints).toEqual([])
})

it.each(['/usage-logs', '/messages', '/service-keys', '/change-log', '/about', '/security'])(
  'fits a narrow dark screen in Japanese: %s',
  async (path) => {
    await using visitor = await visit(
      browser,
      options({ language: 'ja', theme: 'DARK', width: 320, height: 720 }),
    )
    const { page } = visitor
    await visitor.goTo(path)
    await page.locator('main [aria-busy=true]').waitFor({ state: 'detached' })
    await shot(page, `ja-${path.slice(1)}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  },
)
