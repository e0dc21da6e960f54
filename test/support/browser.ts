import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { ApiClient } from './api-client.ts'
import { atExit } from './at-exit.ts'
import { browserProgram } from './browser-program.ts'
import { until } from './until.ts'

/** Whose page it is, and how it is looked at. */
export interface Visit {
  readonly url: string
  readonly account?: { readonly username: string; readonly password: string }
  readonly language?: 'en' | 'ja'
  readonly theme?: 'LIGHT' | 'DARK' | 'CONTRAST'
  readonly width?: number
  readonly height?: number
  /** What is expected on the console: refusals that the test provokes show there as failed loads. */
  readonly expects?: readonly RegExp[]
}

export interface Visitor extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** What went wrong so far that a person might not see: see `watch`. */
  readonly complaints: readonly string[]
  /** Goes to a path of the server and waits for the page's heading. */
  goTo(path: string): Promise<void>
  /** Serious findings of axe (WCAG 2.2 AA) on what is shown now, one line each. */
  findings(): Promise<readonly string[]>
  /** What reaches over the right edge of the screen, when the page can be scrolled there. */
  overflow(): Promise<readonly string[]>
}

// Run in the page, whose types this program does not know.
const widerThanScreen = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return []
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
    .slice(0, 5)
    .map((element) => element.outerHTML.slice(0, 160))
})()`
const standard = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const rememberTheme = (theme: string) => `localStorage.setItem('theme-preference', '${theme}')`

/** The system's Chromium; nothing is ever downloaded. One for a test file. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  if (browserProgram === undefined) throw new Error('this machine has no Chromium')
  const browser = await chromium.launch({
    executablePath: browserProgram,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
      // Trusted page by page, an unknown certificate makes Chromium begin requests again, and under
      // load give some of them up: ERR_TOO_MANY_RETRIES.
      '--ignore-certificate-errors',
    ],
  })
  const forget = atExit(() => {
    void browser.close()
  })
  browser.once('disconnected', forget)
  return browser
}

/** A browser of its own, as far as cookies and storage go; signed in when there is an account. */
export async function visit(browser: Browser, options: Visit): Promise<Visitor> {
  const { url, account, language = 'en', theme = 'LIGHT', width = 1280, height = 900 } = options
  const origin = new URL(url).origin
  const context = await browser.newContext({
    baseURL: origin,
    // Tests trust the connection otherwise; certificates have tests of their own.
    ignoreHTTPSErrors: true,
    locale: language === 'ja' ? 'ja-JP' : 'en-GB',
    timezoneId: 'Asia/Tokyo',
    viewport: { width, height },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  // For the first page of the visit; what is chosen in it stays.
  await context.addInitScript(
    `if (localStorage.getItem('theme-preference') === null) ${rememberTheme(theme)}`,
  )
  if (account !== undefined) await signIn(context, account)
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const complaints = watch(page, origin, options.expects ?? [])
  return {
    page,
    context,
    complaints,
    async goTo(path) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
    },
    async findings() {
      // Our pages have no frames, which is all that a second, blank page would be opened for.
      const { violations } = await new AxeBuilder({ page })
        .options({ runOnly: standard, resultTypes: ['violations'] })
        .setLegacyMode()
        .analyze()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
    },
    overflow: () => page.evaluate<readonly string[]>(widerThanScreen),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** Takes away what an attempt before this one may have left. */
export async function forget(api: ApiClient, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { status } = await api.request('DELETE', path)
    // A namespace that is not there is nobody's to delete.
    if (status >= 400 && status !== 403 && status !== 404) {
      throw new Error(`DELETE ${path} answered ${String(status)}`)
    }
  }
}

/** Nothing loads any more and nothing says that it does. */
export async function settled(page: Page): Promise<void> {
  const busy = page.locator('[aria-busy="true"], [role="status"] .animate-spin')
  await until('the page to settle', async () => ((await busy.count()) === 0 ? true : undefined))
  await page.evaluate('document.fonts.ready.then(() => undefined)')
}

/**
 * For before a page is loaded. What it returns makes the page load again all that it shows, as it does
 * when it may have missed what happened.
 */
export async function interruptible(page: Page): Promise<() => void> {
  const due = Promise.withResolvers<undefined>()
  let isDue = false
  await page.route('**/api/v1/mooring/events?*', async (route) => {
    if (isDue) return route.continue()
    await due.promise
    // Streams that the page has ended since have nobody to tell.
    return route
      .fulfill({ contentType: 'text/event-stream', body: 'event: reset\ndata: {}\n\n' })
      .catch(() => undefined)
  })
  return () => {
    isDue = true
    due.resolve(undefined)
  }
}

/** Holds back what the server answers to the next such request, as it was when it was asked. */
export async function holdAnswer(page: Page, url: string) {
  const asked = Promise.withResolvers<undefined>()
  const release = Promise.withResolvers<undefined>()
  let isHeld = false
  await page.route(url, async (route) => {
    if (isHeld) return route.continue()
    isHeld = true
    const response = await route.fetch()
    asked.resolve(undefined)
    await release.promise
    return route.fulfill({ response }).catch(() => undefined)
  })
  return {
    asked: asked.promise,
    release: () => {
      release.resolve(undefined)
    },
  }
}

async function signIn(context: BrowserContext, account: NonNullable<Visit['account']>) {
  const headers = { 'X-Requested-With': 'XMLHttpRequest' }
  const token = (await (await context.request.get('/csrf_token', { headers })).json()) as {
    csrf_token: string
  }
  const answer = await context.request.post('/api/v1/signin', {
    data: account,
    headers: { ...headers, 'X-CSRF-Token': token.csrf_token },
  })
  if (!answer.ok()) throw new Error(`sign-in answered ${answer.status()}: ${await answer.text()}`)
}

/**
 * Errors on the console, exceptions, violations of the Content-Security-Policy (which are on the
 * console too), requests to another origin, and texts that are keys of messages.
 */
function watch(page: Page, origin: string, expects: readonly RegExp[]): readonly string[] {
  const complaints: string[] = []
  const complain = (text: string) => {
    if (!expects.some((expected) => expected.test(text))) complaints.push(text)
  }
  page.on('console', (message) => {
    const { url } = message.location()
    // How a page learns that nobody is signed in; browsers write each refusal down.
    const asksWho = new URL(url, origin).pathname === '/api/v1/user/' && /401/.test(message.text())
    if (!asksWho && (message.type() === 'error' || message.type() === 'warning')) {
      complain(`console: ${message.text()} (${url})`)
    }
  })
  page.on('pageerror', (error) => {
    complain(`exception: ${error.message}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) complain(`foreign: ${url.href}`)
  })
  return complaints
}
