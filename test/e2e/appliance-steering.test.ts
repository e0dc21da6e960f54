import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, visit, type Visitor } from '../support/browser.ts'
import { company } from '../support/company.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const passphrase = 'anchor chain windlass'
let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let visitor: Visitor

beforeAll(async () => {
  browser = await openBrowser()
  server = await startTestServer({
    env: {
      // Something starts it again where it runs.
      KUBERNETES_SERVICE_HOST: '192.0.2.1',
    },
  })
  visitor = await visit(browser, {
    url: server.urls.https,
    account: { username: server.username, password: server.password },
    // While the server is away.
    expects: [/net::ERR/, /[45]\d\d \(/],
  })
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const button = (name: string | RegExp) => visitor.page.getByRole('button', { name })
const dialog = () => visitor.page.getByRole('dialog')
const submit = (name: string) => dialog().getByRole('button', { name, exact: true }).click()
const says = (text: string) => visitor.page.getByText(text, { exact: true }).first().waitFor()

describe('the authority', () => {
  let key = ''
  let name = ''
  const confirm = () =>
    dialog()
      .getByLabel(/to confirm/)
      .fill(name)
  const nameAsked = async () => {
    const label = await dialog()
      .getByText(/to confirm/)
      .first()
      .textContent()
    return (label ?? '').replace(/^[^“]*“(.*)”.*$/s, '$1')
  }
  const isGone = () => dialog().waitFor({ state: 'detached' })

  it('gives out its key encrypted, once its name was typed', async () => {
    const { page } = visitor
    await visitor.goTo('/certificates?tab=authority')
    await button('Export CA key').click()
    name = await nameAsked()
    await dialog()
      .getByLabel(/to confirm/)
      .fill('another name')
    await dialog()
      .getByLabel(/^New passphrase/)
      .fill(passphrase)
    await submit('Export CA key')
    await dialog().getByText(`Type exactly: ${name}`).waitFor()
    await confirm()
    const download = page.waitForEvent('download')
    await submit('Export CA key')
    key = readFileSync(await (await download).path(), 'utf8')
    expect(key).toContain('ENCRYPTED PRIVATE KEY')
    await isGone()
  })

  it('loses its key here only to who shows that it can be opened, and takes it back', async () => {
    await button('Take CA key offline').click()
    const box = dialog().getByLabel(/^Private key/)
    await box.fill(key)
    await dialog()
      .getByLabel(/^Passphrase/)
      .fill('not the passphrase')
    await confirm()
    await submit('Take CA key offline')
    await dialog().getByRole('alert').waitFor()
    expect(await box.inputValue()).toBe(key)
    await dialog()
      .getByLabel(/^Passphrase/)
      .fill(passphrase)
    await submit('Take CA key offline')
    await isGone()
    await button('Bring CA key back').click()
    await dialog()
      .getByLabel(/^Private key/)
      .fill(key)
    await dialog()
      .getByLabel(/^Passphrase/)
      .fill(passphrase)
    await submit('Bring CA key back')
    await isGone()
    await button('Take CA key offline').waitFor()
  })

  it('keeps its key behind a passphrase, which is stored for renewal', async () => {
    await button('Change protection of CA key').click()
    await dialog()
      .getByLabel(/^New passphrase/)
      .fill(passphrase)
    await confirm()
    await submit('Change protection of CA key')
    await isGone()
    await button('Store passphrase for renewal').click()
    await dialog()
      .getByLabel(/^Passphrase/)
      .fill(passphrase)
    await submit('Store passphrase for renewal')
    await isGone()
    await says('Passphrase stored for renewal')
    expect(await visitor.findings()).toEqual([])
  })

  it('is replaced to the end', async () => {
    /** Asked for where it is not stored. */
    const open = async (label: string) => {
      await button(label).click()
      await dialog().getByRole('button', { name: label, exact: true }).waitFor()
      const box = dialog().getByLabel(/^Passphrase/)
      if ((await box.count()) > 0) await box.fill(passphrase)
    }
    await open('Begin replacement')
    await submit('Begin replacement')
    await isGone()
    for (const step of ['Switch to the new authority', 'Finish replacement']) {
      await open(step)
      name = await nameAsked()
      await confirm()
      await submit(step)
      await isGone()
    }
    await button('Begin replacement').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('a certificate from elsewhere', () => {
  it('is asked for here, and served once it was signed', async () => {
    const { page } = visitor
    await visitor.goTo('/certificates')
    await button('Create signing request').click()
    await submit('Create')
    await page.getByText('Waiting for the signed certificate').first().waitFor()
    const shown = await page.getByRole('region', { name: 'Signing request' }).textContent()
    const signed = await company.sign(shown ?? '')
    await button('Upload signed certificate').click()
    await dialog().getByLabel('Or as text (PEM)').fill(signed)
    await submit('Use certificate')
    // Clients do not know the company's authority: that may be insisted on.
    const insist = dialog().getByRole('checkbox')
    const asked = async () => (await dialog().count()) === 0 || (await insist.count()) > 0
    await expect.poll(asked, { timeout: 20_000 }).toBe(true)
    if ((await insist.count()) > 0) {
      await insist.check()
      await submit('Use certificate')
    }
    await dialog().waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })
})

describe('the log', () => {
  it('is narrowed by level and pattern, and says which pattern is none', async () => {
    const { page } = visitor
    await visitor.goTo('/service/logs')
    await page.getByRole('region', { name: 'Lines of the log' }).waitFor()
    await page.getByLabel('Level').selectOption({ label: 'Errors only' })
    await page.waitForURL('**/service/logs?level=error')
    await page.getByText('No lines').waitFor()
    await page.getByLabel('Level').selectOption('')
    await page.getByRole('checkbox', { name: 'Regular expression' }).check()
    await page.getByLabel('Contains').fill('(')
    await expect.poll(() => page.getByLabel('Contains').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Contains').fill('request|started')
    await page.getByRole('region', { name: 'Lines of the log' }).waitFor()
    const download = page.waitForEvent('download')
    await button('Download').click()
    expect((await download).suggestedFilename()).toBe('mooring.log')
  })
})

describe('the service', () => {
  it('is restarted, and its page goes on by itself', async () => {
    const { page } = visitor
    await visitor.goTo('/service')
    await button('Restart').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Restart' }).click()
    await page.getByText('Mooring is restarting…').first().waitFor()
    // It ends by itself; a signal in its last moments would end it otherwise than well.
    await server.ended()
    await server.restart()
    await says('Mooring runs again')
    await page.getByText('Mooring is restarting…').waitFor({ state: 'detached' })
    expect(visitor.complaints).toEqual([])
  })
})
