import type { Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forget, holdAnswer, openBrowser, visit } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

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

// Run in the page, whose types this program does not know.
const coveredByMessages = `[...document.querySelectorAll('a[href], button, input')]
  .filter((control) => control.closest('[data-messages]') === null)
  .filter((control) => {
    const { left, right, top, bottom } = control.getBoundingClientRect()
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return over !== null && over.closest('[data-messages]') !== null
  })
  .map((control) => control.outerHTML.slice(0, 120))`

describe('messages', () => {
  const note = {
    ...{ id: 'n-1', kind: 'maintenance', created: '2030-01-01T00:00:00Z', dismissed: false },
    ...{ read: false, organization: null, metadata: {} },
  }
  const sizes = [
    [1280, 900],
    [390, 700],
  ] as const
  it.each(sizes)('lie over nothing that can be pressed, %d pixels wide', async (width, height) => {
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account() },
      ...{ width, height, expects: [/500/] },
    })
    const { page } = visitor
    const list = '**/api/v1/mooring/notifications?*'
    await page.route(list, (route) =>
      route.fulfill({ json: { notifications: [note], additional: false, unread: 1 } }),
    )
    let asked = 0
    await page.route('**/api/v1/mooring/notifications/read', (route) => {
      asked += 1
      return route.fulfill({ status: 500, json: { message: 'not now' } })
    })
    await visitor.goTo('/about')
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    const drawer = page.getByRole('dialog', { name: 'Notifications' })
    const markAll = drawer.getByRole('button', { name: 'Mark all as read' })
    const messages = page.getByRole('region', { name: 'Messages' })
    await markAll.click()
    await messages.getByRole('alert').getByRole('button', { name: 'Close' }).waitFor()
    await expect.poll(() => page.evaluate(coveredByMessages)).toEqual([])
    // Failures stay, so this one is pressed beside the first.
    await markAll.click()
    await expect.poll(() => asked).toBe(2)
    const closers = messages.getByRole('button', { name: 'Close' })
    await expect.poll(() => closers.count()).toBe(2)
    await closers.first().click()
    await expect.poll(() => closers.count()).toBe(1)
    // A press on a message is none beside the drawer.
    expect(await drawer.isVisible()).toBe(true)
    await drawer.getByRole('button', { name: 'Close' }).click()
    await drawer.waitFor({ state: 'detached' })
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    await expect.poll(() => page.evaluate(coveredByMessages)).toEqual([])
    expect(await closers.count()).toBe(1)
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('the keyboard', () => {
  it('goes to pages, searches and tells how, but never while somebody types', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await (await server.signedIn()).put('/api/v1/mooring/preferences', { shortcuts: true })
    const preferences = await holdAnswer(page, '**/api/v1/mooring/preferences')
    await visitor.goTo('/about')
    await preferences.asked
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
    const over = Promise.withResolvers<undefined>()
    const isAsked = (request: Request) => {
      const isIt = request.method() === 'GET' && request.url().endsWith('/mooring/preferences')
      if (isIt) over.resolve(undefined)
    }
    page.on('requestfinished', isAsked).on('requestfailed', isAsked)
    const kept = page.waitForResponse((answer) => answer.request().method() === 'PUT')
    await overview.getByRole('switch', { name: 'Use keyboard shortcuts' }).click()
    await kept
    // What was kept before the choice does not undo it.
    preferences.release()
    await over.promise
    await overview.locator('[role="switch"][aria-checked="false"]').waitFor()
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
    const api = await server.signedIn()
    await forget(api, '/api/v1/mooring/kiosk/pin')
    await api.put('/api/v1/mooring/home/checklist', { dismissed: false })
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
    await type('24')
    await asked.getByRole('button', { name: 'Cancel' }).click()
    await asked.waitFor({ state: 'detached' })
    expect(await page.locator('html').getAttribute('data-view')).toBe('kiosk')

    await page.getByRole('button', { name: 'Put away' }).click()
    // Nobody finds what somebody else has typed.
    expect(await asked.locator('input').inputValue()).toBe('')
    await type('1111')
    await unlock()
    await asked.getByText('This is not the PIN').waitFor()
    expect(await visitor.findings()).toEqual([])
    for (let digits = 0; digits < 4; digits++) {
      await asked.getByRole('button', { name: 'Delete last digit' }).click()
    }
    await type('2468')
    // A wrong one has to wait a moment.
    const isTaken = async () => {
      const answer = page.waitForResponse('**/api/v1/mooring/kiosk/unlock')
      await unlock()
      return (await answer).ok() ? true : undefined
    }
    await until('the PIN to be taken', isTaken, { everyMs: 500 })
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
    await forget(await server.signedIn(), '/api/v1/organization/kept')
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
    await forget(await server.signedIn(), '/api/v1/organization/steady')
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
