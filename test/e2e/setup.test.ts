import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, visit, type Visitor } from '../support/browser.ts'
import { createImage } from '../support/content.ts'
import { createRegistryClient } from '../support/registry-client.ts'
import { startSetup, testAnswers, type SetupServer } from '../support/setup-client.ts'
import { setupPage } from '../support/setup-page.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('setup-pages', { onDisk: true })
const dataDir = folder.join('data')
const password = 'harbour-lantern-42'
let setup: SetupServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let visitor: Visitor
let walk: ReturnType<typeof setupPage>
let ports: Awaited<ReturnType<typeof testAnswers>>['network']

const refused = [/4\d\d \(/, /net::ERR/]

beforeAll(async () => {
  ;[setup, browser] = await Promise.all([startSetup(dataDir), openBrowser()])
  ports = (await testAnswers(dataDir)).network
  visitor = await visit(browser, { url: setup.url, expects: refused })
  walk = setupPage(visitor)
})

afterAll(async () => {
  await browser.close()
  await setup.child.stop()
  await folder.remove()
})

describe('the setup, from its code to a push', () => {
  it('asks for the code, and takes small letters and an O for what they mean', async () => {
    const { page } = visitor
    await page.goto('/setup')
    await walk.enter('AAAA-AAAA-AAAA-AAAA')
    await page.getByText('The setup code is not right').waitFor()
    await walk.looksRight()
    await walk.enter(setup.code.toLowerCase().replaceAll('0', 'o'))
    await walk.heading('Set up your registry')
    expect(new URL(page.url()).pathname).toBe('/setup/welcome')
  })

  it('lets another browser take over, and this one come back to what was typed', async () => {
    const { page } = visitor
    await page.getByRole('list', { name: 'Checks: Welcome' }).waitFor()
    await walk.goOn()
    await walk.heading('What clients will type')
    await page.getByLabel('Primary name').fill('localhost')
    // Leaving a field has it checked: one answer is from before the other browser came.
    const checked = page.waitForResponse(/\/steps\/identity\/check$/)
    await page.getByLabel('Registry title').fill('Harbour')
    expect((await checked).status()).toBe(200)
    {
      await using other = await visit(browser, {
        ...{ url: setup.url, expects: refused, language: 'ja', theme: 'DARK', width: 320 },
      })
      await other.page.goto('/setup')
      await other.page.getByRole('heading', { level: 1 }).waitFor()
      await setupPage(other).looksRight()
      await other.page.getByRole('radio', { name: 'English' }).check({ force: true })
      await setupPage(other).enter(setup.code)
      await other.page.getByRole('button', { name: 'Continue here' }).click()
      await other.page.getByRole('heading', { name: 'What clients will type' }).waitFor()
      await setupPage(other).looksRight()
    }
    // The next one is the first to learn of it.
    await page.getByLabel('Registry title').press('Tab')
    await page.getByText('The session is over').first().waitFor()
    await walk.enter(setup.code)
    await page.getByRole('button', { name: 'Continue here' }).click()
    await walk.heading('What clients will type')
    expect(await page.getByLabel('Registry title').inputValue()).toBe('Harbour')
    expect(await page.getByLabel('Primary name').inputValue()).toBe('localhost')
  })

  it('shows what clients will type, and says at the field what does not fit', async () => {
    const { page } = visitor
    await page.getByLabel('Primary name').fill('2001:db8::5')
    await page.getByText('podman pull [2001:db8::5]').waitFor()
    await page.getByLabel('Primary name').fill('no name')
    await walk.goOn()
    await page.getByText('Enter a host name or an IP address').first().waitFor()
    await page.getByLabel('Primary name').fill('localhost')
    await walk.looksRight()
    await walk.goOn()
    await walk.heading('Where the registry listens')
  })

  it('keeps what was typed through a reload and a restart of the server', async () => {
    const { page } = visitor
    page.on('dialog', (dialog) => void dialog.accept())
    await page.getByLabel('HTTPS port').fill(String(ports.httpsPort))
    await page.getByLabel(/^Plain port/).fill(String(ports.httpPort))
    await page.getByLabel('Metrics port').fill(String(ports.metricsPort))
    await page.reload()
    await walk.heading('Where the registry listens')
    expect(await page.getByLabel('HTTPS port').inputValue()).toBe(String(ports.httpsPort))

    const { port } = new URL(setup.url)
    await setup.child.kill9()
    setup = await startSetup(dataDir, { args: ['--port', port] })
    await walk.goOn()
    await page.getByText('The session is over').first().waitFor()
    await walk.enter(setup.code)
    await walk.heading('Where the registry listens')
    expect(await page.getByLabel('Metrics port').inputValue()).toBe(String(ports.metricsPort))
    await walk.goOn()
    await walk.heading('Certificates')
  })

  it('goes through certificates and storage, in Japanese and in the dark as well', async () => {
    const { page } = visitor
    await page.getByText('RSA 4096').waitFor({ state: 'attached' })
    await walk.looksRight()
    await page.getByRole('radio', { name: '日本語' }).check({ force: true })
    await page.getByRole('heading', { level: 1, name: '証明書' }).waitFor()
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'))
    await page.setViewportSize({ width: 320, height: 800 })
    await walk.looksRight()
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.getByRole('radio', { name: 'English' }).check({ force: true })
    await walk.goOn()
    await walk.heading('Where images are kept')
    await walk.looksRight()
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByText(/Room for about [\d,]+ images of 300 MB/).waitFor()
    await walk.goOn()
    await walk.heading('The first administrator')
  })

  it('makes the administrator and the recovery kit', async () => {
    const { page } = visitor
    await page.getByLabel('User name').fill('captain')
    await page.getByLabel('Password', { exact: false }).first().fill(password)
    await page.getByLabel('Repeat the password').fill('something else')
    await walk.goOn()
    await page.getByText('The two passwords differ').first().waitFor()
    await page.getByLabel('Repeat the password').fill(password)
    await walk.goOn()
    await page.getByText('These codes are shown this once').waitFor()
    await walk.looksRight()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download', exact: true }).click()
    expect((await download).suggestedFilename()).toBe('mooring-recovery-kit.txt')
    await page.getByRole('button', { name: 'I stored it' }).click()
    await walk.heading('Mirrors of other registries')
  })

  it('fills cards of upstreams from a pull secret, and skips what nobody needs', async () => {
    const { page } = visitor
    await page.getByRole('radio', { name: 'Connected', exact: true }).check()
    await page.getByRole('button', { name: 'Paste a pull secret' }).click()
    const secret = JSON.stringify({ auths: { 'quay.io': { auth: btoa('ada:lovelace') } } })
    await page.getByLabel('Pull secret (JSON)').fill(secret)
    await page.getByRole('button', { name: 'Take over' }).click()
    await expect.poll(() => page.getByLabel('Account').first().inputValue()).toBe('ada')
    await walk.looksRight()
    await page.getByRole('button', { name: 'Skip' }).click()
    await walk.heading('Vulnerability scanning')
    await page.getByRole('button', { name: 'Skip' }).click()
    await walk.heading('Review and apply')
  })

  it('sums up, gives out the answers, and applies', async () => {
    const { page } = visitor
    await walk.looksRight()
    await page.getByRole('button', { name: 'Download answer file' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toBe('mooring-answers.yaml')
    await page.getByRole('button', { name: 'Apply' }).click()
    await walk.heading('Setting up the registry')
    // Another host: the page watches for it, and goes there by itself.
    await page.waitForURL(`https://localhost:${ports.httpsPort}/setup/done**`, { timeout: 30_000 })
  })

  it('ends at the registry, which takes a push', async () => {
    const { page } = visitor
    await walk.heading('Your registry is ready')
    expect(await visitor.findings()).toEqual([])
    await page.getByRole('link', { name: 'Open Mooring' }).click()
    await page.waitForURL(/signin/)
    const registry = createRegistryClient({
      baseUrl: `https://localhost:${ports.httpsPort}`,
      ca: readFileSync(folder.join('data/config/ca.crt')),
      ...{ username: 'captain', password },
    })
    await registry.pushImage('captain/first', 'latest', createImage())
    expect(visitor.complaints.filter((one) => !one.startsWith('foreign:'))).toEqual([])
  })
})
