import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, visit } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: '{"FEATURE_ANONYMOUS_ACCESS": false}' } }),
    openBrowser(),
  ])
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const refusedLogin = [/403 \(Forbidden\)/, /401 \(Unauthorized\)/]
const account = () => ({ username: server.username, password: server.password })

describe('signing in', () => {
  it('leads back to where somebody was going, and keeps what was typed when it was wrong', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, expects: refusedLogin })
    const { page } = visitor
    await page.goto('/about?x=1')
    await page.getByRole('heading', { name: 'Log in to your account' }).waitFor()
    // A name that nobody has: a wrong password would pause the account.
    await page.getByLabel('Username').fill('nobody')
    await page.getByLabel(/^Password/).fill(server.password)
    await page.keyboard.press('Enter')
    await page.getByText('Invalid login credentials').waitFor()
    expect(await page.getByLabel('Username').inputValue()).toBe('nobody')
    await page.getByLabel('Username').fill(server.username)
    await page.getByRole('button', { name: /^Sign in/ }).click()
    await page.waitForURL('**/about?x=1')
    expect(visitor.complaints).toEqual([])
  })

  it.each(['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example'])(
    'never leads to another site: %s',
    async (target) => {
      await using visitor = await visit(browser, { url: server.urls.https, account: account() })
      await visitor.page.goto(`/signin?redirect_url=${encodeURIComponent(target)}`)
      await visitor.page.waitForURL('**/home')
      expect(visitor.complaints).toEqual([])
    },
  )

  it('ends on the sign-in page', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    await visitor.goTo('/about')
    await visitor.page.getByRole('button', { name: `Account menu of ${server.username}` }).click()
    await visitor.page.getByRole('menuitem', { name: 'Logout' }).click()
    await visitor.page.waitForURL('**/signin')
    expect(visitor.complaints).toEqual([])
  })
})

describe('the frame', () => {
  it('changes language and theme without a load, and remembers them', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await visitor.goTo('/about')
    await page.getByRole('button', { name: /^Account menu/ }).click()
    await page.getByRole('menuitemcheckbox', { name: '日本語' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'ダークテーマ' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'リポジトリ', exact: true }).waitFor()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.goto('/about')
    await page.getByRole('link', { name: 'リポジトリ', exact: true }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('ja')
    expect(visitor.complaints).toEqual([])
  })

  it('says plainly that there is nothing at an address', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    await visitor.goTo('/service/nothing')
    await visitor.page.getByRole('heading', { name: '404 Page not found' }).waitFor()
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  it('moves the focus to the heading of the page that was gone to', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    await visitor.goTo('/about')
    await visitor.page.getByRole('link', { name: 'Repositories' }).click()
    await visitor.page.getByRole('heading', { level: 1, name: 'Repositories' }).waitFor()
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe('page-title')
  })
})
