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

describe('the keyboard', () => {
  it('goes to pages, searches and tells how, but never while somebody types', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await visitor.goTo('/about')
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.getByRole('heading', { level: 1, name: 'Repositories' }).waitFor()
    await page.keyboard.press('/')
    const search = page.getByRole('textbox', { name: 'Search everything' })
    expect(await search.evaluate((box) => box === document.activeElement)).toBe(true)
    await page.keyboard.type('g o?')
    expect(await search.inputValue()).toBe('g o?')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?q=g%20o%3F')

    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('?')
    const overview = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await overview.getByText('Go to: Organizations').waitFor()
    expect(await visitor.findings()).toEqual([])
    await overview.getByRole('switch', { name: 'Use keyboard shortcuts' }).click()
    await page.keyboard.press('Escape')
    await overview.waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await page.reload()
    await page.getByRole('button', { name: 'Help', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click()
    const state = overview.getByRole('switch', { name: 'Use keyboard shortcuts' })
    await state.and(page.locator('[aria-checked="false"]')).waitFor()
    await state.click()
    expect(visitor.complaints).toEqual([])
  })
})

describe('help', () => {
  it('is found from a page, by words, and knows the address of this registry', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await visitor.goTo('/storage')
    await page.getByRole('link', { name: 'Help: Storage' }).click()
    await page.getByRole('heading', { level: 2, name: 'When it gets tight' }).waitFor()
    await page.getByRole('textbox', { name: 'Search the help' }).fill('hosts.toml')
    await page.getByRole('link', { name: 'Trusting the certificate' }).click()
    const registry = page.getByText(/certs\.d\/\S+\/hosts\.toml/).first()
    await registry.waitFor()
    expect(await registry.innerText()).not.toContain('{{')
    expect(await visitor.findings()).toEqual([])
    await visitor.goTo('/help/errors/MOOR-TLS-014')
    await page.getByText('MOOR-TLS-014').waitFor()
    await page.getByRole('heading', { level: 2, name: 'First look' }).waitFor()
    await visitor.goTo('/help/nothing')
    await page.getByText('There is no such topic').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('speaks Japanese, and fits a telephone', async () => {
    const look = { language: 'ja', theme: 'DARK', width: 320, height: 640 } as const
    await using visitor = await visit(browser, { url: server.urls.https, ...look })
    await visitor.goTo('/help/trust')
    await visitor.page.getByRole('heading', { level: 2, name: 'それでも失敗するとき' }).waitFor()
    expect(await visitor.overflow()).toEqual([])
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('a screen of its own', () => {
  it('at the box has few pages, sleeps, and signs whoever left it out', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await page.clock.install()
    await visitor.goTo('/home?view=kiosk')
    await page.getByRole('link', { name: 'Certificates' }).first().waitFor()
    expect(await page.getByRole('link', { name: 'Usage Logs' }).count()).toBe(0)
    await visitor.goTo('/organization')
    await page.getByRole('heading', { level: 1, name: 'Not on this screen' }).waitFor()
    await page.clock.fastForward(121_000)
    const asleep = page.getByRole('dialog', { name: 'The screen sleeps' })
    await asleep.getByText('The registry is running').waitFor()
    expect(await asleep.innerText()).not.toContain(server.username)
    await page.mouse.click(10, 10)
    await asleep.waitFor({ state: 'detached' })
    await page.clock.fastForward(301_000)
    await page.waitForURL('**/signin')
    expect(visitor.complaints).toEqual([])
  })

  it('at the box asks for its PIN before a change, and before it is left', async () => {
    const expects = [/403 \(/, /429 \(/]
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account(), expects },
    })
    const { page } = visitor
    await visitor.goTo('/service')
    await page.getByRole('button', { name: 'Set PIN' }).click()
    const settings = page.getByRole('dialog', { name: 'Set PIN' })
    await settings.getByLabel('PIN').fill('12')
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('4 to 12 digits').nth(1).waitFor()
    await settings.getByLabel('PIN').fill('2468')
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.waitFor({ state: 'detached' })

    await visitor.goTo('/home?view=kiosk')
    const asked = page.getByRole('dialog', { name: 'PIN of this screen' })
    const type = async (digits: string) => {
      for (const digit of digits) {
        await asked.getByRole('button', { name: digit, exact: true }).click()
      }
    }
    const unlock = () => asked.getByRole('button', { name: 'Unlock' }).click()
    await visitor.goTo('/home?view=normal')
    await asked.waitFor()
    await asked.getByRole('button', { name: 'Cancel' }).click()
    await asked.waitFor({ state: 'detached' })
    expect(await page.locator('html').getAttribute('data-view')).toBe('kiosk')

    await page.getByRole('button', { name: 'Put away' }).click()
    await type('1111')
    await unlock()
    await asked.getByText('This is not the PIN').waitFor()
    expect(await visitor.findings()).toEqual([])
    for (let digits = 0; digits < 4; digits++) {
      await asked.getByRole('button', { name: 'Delete last digit' }).click()
    }
    await type('2468')
    // A wrong one has to wait a moment.
    const isUnlocked = async () => {
      if ((await asked.count()) > 0) await unlock()
      return (await asked.count()) === 0
    }
    await expect.poll(isUnlocked, { timeout: 20_000, interval: 500 }).toBe(true)
    await page.getByRole('button', { name: 'Show the first-week checklist' }).waitFor()

    await visitor.goTo('/home?view=normal')
    await type('2468')
    await unlock()
    await page.locator('html[data-view=normal]').waitFor()
    await visitor.goTo('/service')
    await page.getByRole('button', { name: 'Remove PIN' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove PIN' }).click()
    await page.getByRole('button', { name: 'Set PIN' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('at the wall goes through the state by itself, and only shows it', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await page.clock.install()
    await visitor.goTo('/home?view=wallboard')
    expect(await page.getByRole('navigation').count()).toBe(0)
    await page.clock.fastForward(21_000)
    await page.waitForURL('**/health')
    expect(await page.getByRole('main', { includeHidden: true }).getAttribute('inert')).toBe('')
    expect(visitor.complaints).toEqual([])
  })
})

describe('what is typed', () => {
  it('outlives the end of the session', async () => {
    const expects = [/401 \(/, /403 \(/]
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account(), expects },
    })
    const { page } = visitor
    await visitor.goTo('/organization')
    await page.getByRole('button', { name: 'Create Organization' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create Organization' })
    await dialog.getByLabel('Organization Name').fill('kept')
    await visitor.context.clearCookies()
    await dialog.getByRole('button', { name: 'Create' }).click()
    const ended = page.getByRole('alertdialog', { name: 'Your session has ended' })
    await ended.getByLabel(/^Password of/).fill(server.password)
    await ended.getByRole('button', { name: 'Sign in and go on' }).click()
    await page.getByText('Successfully created organization kept').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('outlives a restart of the server, and is sent once however often the button is pressed', async () => {
    const expects = [/net::ERR/, /50[234] \(/]
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account(), expects },
    })
    const { page } = visitor
    const sent: string[] = []
    page.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (request.method() === 'POST' && pathname === '/api/v1/organization/') sent.push(pathname)
    })
    await visitor.goTo('/organization')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Create Organization' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create Organization' })
    await dialog.getByLabel('Organization Name').fill('steady')
    await server.restart()
    await dialog.getByRole('button', { name: 'Create' }).dblclick()
    await page.getByText('Successfully created organization steady').waitFor()
    expect(sent).toHaveLength(1)
    await page.getByText('Live', { exact: true }).waitFor()
    expect(visitor.complaints).toEqual([])
  })
})
