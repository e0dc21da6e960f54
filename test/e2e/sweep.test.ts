import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { longerTexts, widths } from '../support/longer-texts.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { furnish, pageList } from './page-list.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startTestServer(), openBrowser()])
  await furnish(server)
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const looks: readonly [string, Omit<Visit, 'url' | 'account'>][] = [
  ['in Japanese, dark, on a telephone', { language: 'ja', theme: 'DARK', width: 320, height: 640 }],
  ['with high contrast', { language: 'en', theme: 'CONTRAST', width: 768 }],
]

describe.each(looks)('every page %s', (_name, look) => {
  it('shows without a complaint, for everybody and within the screen', async () => {
    const account = { username: server.username, password: server.password }
    await using signedIn = await visit(browser, { url: server.urls.https, account, ...look })
    await using open = await visit(browser, { url: server.urls.https, ...look })
    const faults: string[] = []
    for (const { name, path, isOpen } of pageList) {
      const visitor = isOpen ? open : signedIn
      const seen = visitor.complaints.length
      await visitor.goTo(path)
      await settled(visitor.page)
      faults.push(
        ...visitor.complaints.slice(seen).map((complaint) => `${name}: ${complaint}`),
        ...(await visitor.findings()).map((finding) => `${name}: ${finding}`),
        ...(await visitor.overflow()).map(
          (element) => `${name}: wider than the screen: ${element}`,
        ),
        ...(look.language === 'en' ? await longerTexts(visitor.page) : []).map(
          (fault) => `${name}: with longer texts: ${fault}`,
        ),
      )
      if (look.language === 'en') await visitor.page.setViewportSize(widths.usual)
    }
    expect(faults).toEqual([])
  }, 240_000)
})
