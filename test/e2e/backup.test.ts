import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, visit } from '../support/browser.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startSetup } from '../support/setup-client.ts'
import { stockRegistry } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('backup-pages', { onDisk: true })
let bucket: ObjectStore
let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let target: string

beforeAll(async () => {
  ;[bucket, browser] = await Promise.all([startObjectStore(), openBrowser()])
  target = `s3://${bucket.bucket}/backups?endpoint=http://127.0.0.1:${String(bucket.port)}`
  server = await startTestServer({
    env: {
      ...bucket.env,
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        ...{ MOORING_BACKUP_TARGET: target, MOORING_BACKUP_EVERY: '1h' },
      }),
    },
  })
  await stockRegistry(server.client(), 'quay/charts', { largeBytes: 65_536 })
})

afterAll(async () => {
  await browser.close()
  await server.stop()
  await bucket[Symbol.asyncDispose]()
  await folder.remove()
})

const account = () => ({ username: server.username, password: server.password })

describe('backups', () => {
  it('are made from their page, which says how far they have come and how they ended', async () => {
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await visitor.goTo('/storage/backup')
    await page.getByRole('button', { name: 'Back up now' }).click()
    await page.getByText('The backup is complete').waitFor()
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  it('are cancelled there while they are made, and the earlier ones stay', async () => {
    const gate = Promise.withResolvers<undefined>()
    await using visitor = await visit(browser, { url: server.urls.https, account: account() })
    const { page } = visitor
    await visitor.goTo('/storage/backup')
    // The one before may still be putting things in order, and would wait at the gate.
    await page.getByRole('button', { name: 'Back up now', disabled: false }).waitFor()
    const before = bucket.keys()
    bucket.intercept = ({ method }) => (method === 'PUT' ? gate.promise : undefined)
    await page.getByRole('button', { name: 'Back up now' }).click()
    await page.getByRole('progressbar', { name: /^Backing up: / }).waitFor()
    expect(await page.getByRole('button', { name: 'Back up now' }).isDisabled()).toBe(true)
    expect(await visitor.findings()).toEqual([])
    await page.getByRole('button', { name: 'Cancel backup' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel backup' }).click()
    gate.resolve(undefined)
    await page.getByText('The backup was cancelled').waitFor()
    bucket.intercept = undefined
    expect(bucket.keys()).toEqual(expect.arrayContaining([...before]))
    expect(visitor.complaints).toEqual([])
  })
})

describe('a backup on another machine', () => {
  it('is restored by its setup, whose page leads on to the registry with the content', async () => {
    const [https = 0, http = 0, metrics = 0] = await findFreePorts(3)
    const address = `https://127.0.0.1:${String(https)}`
    const setup = await startSetup(folder.join(`restored-${String(https)}`), {
      args: ['--port', String(https), '--http-port', String(http)],
      env: {
        MOORING_HTTPS_PORT: String(https),
        MOORING_HTTP_PORT: String(http),
        MOORING_METRICS_PORT: String(metrics),
        QUAY_OVERRIDE_CONFIG: JSON.stringify({ SERVER_HOSTNAME: new URL(address).host }),
      },
    })
    try {
      await using visitor = await visit(browser, {
        ...{ url: setup.url, expects: [/[45]\d\d \(/, /net::ERR/, /^foreign:/] },
      })
      const { page } = visitor
      await page.goto('/setup')
      const box = page.getByRole('textbox', { name: 'Setup code, group 1 of 4' })
      await box.waitFor()
      await page.evaluate((text) => navigator.clipboard.writeText(text), setup.code)
      await box.focus()
      await page.keyboard.press('Control+V')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('list', { name: 'Checks: Welcome' }).waitFor()
      await page.getByRole('radio', { name: 'Restore from backup' }).check()
      await page.getByRole('button', { name: 'Continue', exact: true }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Where the backup is').fill(target)
      await dialog.getByLabel('Access key').fill(bucket.accessKey)
      await dialog.getByLabel('Secret key').fill(bucket.secretKey)
      await dialog.getByRole('button', { name: 'Begin the restore' }).click()
      await page.getByText('The backup is restored, and the registry runs.').waitFor()
      expect(await visitor.findings()).toEqual([])
      await page.getByRole('link', { name: `Open ${address}` }).click()
      await page.getByRole('link', { name: /^Sign in to/ }).click()
      await page.getByLabel('Username').fill(server.username)
      await page.getByLabel(/^Password/).fill(server.password)
      await page.getByRole('button', { name: /^Sign in/ }).click()
      await page.getByRole('link', { name: 'Service Keys' }).waitFor()
      await page.goto(`${address}/repository/quay/charts?tab=tags`)
      for (const tag of ['small', 'large', 'many']) {
        await page.getByRole('link', { name: tag, exact: true }).first().waitFor()
      }
    } finally {
      await setup.child.stop()
    }
  })
})
