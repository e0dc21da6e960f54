import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { interruptible, openBrowser, visit } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { stockRegistry } from '../support/stocked-registry.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startTestServer(), openBrowser()])
  await stockRegistry(server.client(), 'quay/charts', { largeBytes: 65_536 })
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const account = () => ({ username: server.username, password: server.password })
const enter = () => visit(browser, { url: server.urls.https, account: account() })

describe('home', () => {
  it('says how things are, and leads to where they are', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await (await server.signedIn()).put('/api/v1/mooring/home/checklist', { dismissed: false })
    await visitor.goTo('/home')
    await page.getByRole('heading', { name: 'First week' }).waitFor()
    await page.getByRole('button', { name: 'Put away' }).click()
    await page.getByRole('button', { name: 'Show the first-week checklist' }).click()
    await page.getByRole('link', { name: 'Commands for clients' }).click()
    await page.getByRole('heading', { level: 1, name: 'Certificates' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('health', () => {
  it('shows every check, and takes an acknowledgement and its withdrawal', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/health')
    await page.getByRole('button', { name: 'Actions for Clock' }).click()
    await page.getByRole('menuitem', { name: 'Acknowledge' }).click()
    await page.getByLabel('Note').fill('the battery is old')
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByText('Acknowledged', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Details of Clock' }).click()
    await page.getByText('the battery is old').waitFor()
    await page.getByRole('button', { name: 'Actions for Clock' }).click()
    await page.getByRole('menuitem', { name: 'Withdraw acknowledgement' }).click()
    await page.getByText('Acknowledged', { exact: true }).waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })
})

describe('certificates', () => {
  it('are renewed with another name, and taken back', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/certificates')
    await page.getByRole('button', { name: 'Renew or change names' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: /^Names/ }).fill('harbour.example.lan')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Issue certificate' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('harbour.example.lan').first().waitFor()
    await page.getByRole('button', { name: 'Roll back' }).first().click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back' }).click()
    await page.getByText('Rolled back', { exact: true }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('refuse what is none, at its field, and keep what was typed', async () => {
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account() },
      expects: [/400/, /422/],
    })
    const { page } = visitor
    await visitor.goTo('/certificates')
    await page.getByRole('button', { name: 'Replace with my certificate' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Or as text (PEM)').fill('no certificate')
    await dialog.getByRole('button', { name: 'Use certificate' }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByLabel('Or as text (PEM)').inputValue()).toBe('no certificate')
    expect(visitor.complaints).toEqual([])
  })

  it('tell each client with real values how to trust the authority', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/certificates?tab=clients')
    await page.getByRole('navigation', { name: 'Clients and systems' }).waitFor()
    await page.getByRole('link', { name: /Debian/ }).click()
    await page.getByText('update-ca-certificates').first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download script' }).click()
    expect((await download).suggestedFilename()).toMatch(/\.sh$/)
    expect(visitor.complaints).toEqual([])
  })

  it('replace the authority step by step', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/certificates?tab=authority')
    await page.getByRole('button', { name: 'Begin replacement' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Begin replacement' }).click()
    await page.getByRole('button', { name: 'Switch to the new authority' }).waitFor()
    await page.getByRole('button', { name: 'Cancel replacement' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel replacement' }).click()
    await page.getByRole('button', { name: 'Begin replacement' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('storage', () => {
  it('plans and collects garbage, and checks all content', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/storage')
    await page.getByRole('button', { name: 'What would be freed?' }).click()
    await page.getByText('A collection would free').waitFor()
    await page.getByRole('button', { name: 'Collect now' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Collect now' }).click()
    await page.getByText('Garbage is collected').waitFor()
    await page.getByRole('button', { name: 'Check all content' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
    await page.getByText('The check is complete').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('says how a backup is set up where there is none', async () => {
    await using visitor = await enter()
    await visitor.goTo('/storage/backup')
    await visitor.page.getByText('No backup target is set up').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('the service', () => {
  it('is made read-only with a reason, and takes changes again', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service')
    await page.getByRole('button', { name: 'Switch read-only mode on' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('moving the disks')
    await dialog.getByRole('button', { name: 'Switch read-only mode on' }).click()
    await page.getByText('moving the disks').waitFor()
    await page.getByRole('button', { name: 'Switch read-only mode off' }).click()
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Switch read-only mode off' })
      .click()
    await page.getByText('The registry takes pushes and changes.').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('lets work in the background rest, says by whose wish, and lets it go on', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service')
    await page.getByRole('button', { name: 'Pause scrub' }).click()
    const dialog = page.getByRole('dialog', { name: 'Pause scrub' })
    await dialog.getByLabel('Reason').fill('slow disk')
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByText('slow disk').waitFor()
    expect(await visitor.findings()).toEqual([])
    await visitor.goTo('/service')
    await page.getByText(`Paused by ${server.username}`).waitFor()
    await page.getByRole('button', { name: 'Resume scrub' }).click()
    await page.getByText('slow disk').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })

  it('gives out a support bundle after a look at what is in it', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByRole('list', { name: 'Files of the support bundle' }).waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toMatch(/\.tar\.gz$/)
    expect(visitor.complaints).toEqual([])
  })

  it('shows its log live, filtered by a text that stays in the address', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service/logs')
    await page.getByRole('main').getByText('Live', { exact: true }).waitFor()
    await page.getByLabel('Contains').fill('needle-in-the-log')
    await page.waitForURL('**/service/logs?text=needle-in-the-log')
    await page.getByText('No lines').waitFor()
    await server.api().request('GET', '/api/v1/repository/quay/needle-in-the-log')
    const lines = page.getByRole('region', { name: 'Lines of the log' })
    await lines.getByText('needle-in-the-log').first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('the configuration', () => {
  it('is changed after a look at the difference, and rolled back', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service/config?topic=look')
    await page.getByLabel('REGISTRY_TITLE', { exact: true }).fill('Harbour office')
    await page.getByRole('button', { name: 'Review changes' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('"Harbour office"').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Some settings wait for a restart').waitFor()
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('button', { name: 'Roll back' }).first().click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back' }).click()
    await page.getByText('Some settings wait for a restart').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })

  it('is not changed by whom somebody was faster than, though the page has seen it since', async () => {
    await using visitor = await enter()
    const { page } = visitor
    const interrupt = await interruptible(page)
    await visitor.goTo('/service/config?topic=look')
    const title = page.getByLabel('REGISTRY_TITLE', { exact: true })
    await title.fill('Harbour office')
    await page.getByRole('button', { name: 'Review changes' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('"Harbour office"').waitFor()
    const api = await server.signedIn()
    const config = '/api/v1/mooring/config'
    const { revision } = (await api.get(config)) as { revision: string }
    await api.put(config, { values: { REGISTRY_TITLE: 'Lighthouse' }, revision })
    const seen = page.waitForResponse(`**${config}`)
    interrupt()
    expect(await (await seen).text()).toContain('Lighthouse')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody else changed config.yaml meanwhile').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(await title.inputValue()).toBe('Harbour office')
    await page.getByRole('button', { name: 'Review changes' }).click()
    await dialog.getByText('"Lighthouse"').waitFor()
    expect(await api.get(config)).not.toMatchObject({ revision })
  })

  it('says at the setting why the server would not start with it', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/service/config?search=SESSION_TIMEOUT')
    await page.getByLabel('SESSION_TIMEOUT', { exact: true }).fill('soon')
    await page.getByRole('button', { name: 'Review changes' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The server would not start with this').waitFor()
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(
      await page.getByLabel('SESSION_TIMEOUT', { exact: true }).getAttribute('aria-invalid'),
    ).toBe('true')
    expect(visitor.complaints).toEqual([])
  })
})

describe('search', () => {
  it('finds content and pages, and is walked through with arrows', async () => {
    await using visitor = await enter()
    const { page } = visitor
    await visitor.goTo('/search')
    await page.getByRole('main').getByLabel('Search everything').fill('charts')
    await page.getByRole('heading', { name: 'Repositories' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/repository/quay/charts')
    await page.goBack()
    await page.getByRole('main').getByLabel('Search everything').fill('certific')
    await page.getByRole('heading', { name: 'Pages' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('each tab', () => {
  /** What the sweep over all pages does not open. */
  const paths = [
    ...['/service/config?view=text', '/certificates?tab=authority'],
    ...['/certificates?tab=trusted', '/certificates?tab=clients'],
  ]

  it('is whole in Japanese, in the dark and 320 pixels wide', { timeout: 60_000 }, async () => {
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account() },
      ...{ language: 'ja', theme: 'DARK', width: 320 },
    })
    const faults: string[] = []
    for (const path of paths) {
      await visitor.goTo(path)
      await visitor.page.waitForFunction(
        () => document.querySelector('main [aria-busy="true"], main [data-skeleton]') === null,
      )
      const isWide = await visitor.page.evaluate(
        () => document.documentElement.scrollWidth > window.innerWidth,
      )
      if (isWide) faults.push(`${path} is too wide`)
      faults.push(...(await visitor.findings()).map((finding) => `${path} ${finding}`))
    }
    expect(faults).toEqual([])
    const masthead = await visitor.page.getByRole('banner').boundingBox()
    expect(masthead?.height).toBeLessThan(64)
    expect(visitor.complaints).toEqual([])
  })
})

describe('the service in the end', () => {
  it('is stopped where nothing starts it again, and says how it comes back', async () => {
    await using visitor = await visit(browser, {
      ...{ url: server.urls.https, account: account() },
      expects: [/net::ERR/],
    })
    const { page } = visitor
    await visitor.goTo('/service')
    expect(await page.getByRole('button', { name: 'Restart' }).getAttribute('aria-disabled')).toBe(
      'true',
    )
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Mooring is stopping').waitFor()
    await page.getByText('Start it again on its computer').waitFor()
    expect(visitor.complaints).toEqual([])
    await server.ended()
  })
})
