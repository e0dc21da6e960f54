import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  holdAnswer,
  interruptible,
  openBrowser,
  settled,
  visit,
  type Visit,
  type Visitor,
} from '../support/browser.ts'
import { bundleClient } from '../support/bundle-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('bundle-pages')
const carried = folder.join('carried')
let source: TestServer
let target: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let stock: Stock
/** The public key of the source, as its owner hands it over. */
let sourceKey: string
let otherKey: string

beforeAll(async () => {
  await mkdir(carried)
  const env = {
    QUAY_OVERRIDE_CONFIG: JSON.stringify({
      SUPER_USERS: ['quay'],
      MOORING_BUNDLE_PATHS: [carried],
    }),
  }
  ;[source, target, browser] = await Promise.all([
    startTestServer({ env }),
    startTestServer({ env }),
    openBrowser(),
  ])
  stock = await stockRegistry(source.client(), 'quay/stock', { largeBytes: 300_000 })
  const keyOf = async (server: TestServer) =>
    (await bundleClient(await server.signedIn()).trusted()).own.public_key
  sourceKey = await keyOf(source)
  otherKey = await keyOf(target)
})

afterAll(async () => {
  await browser.close()
  await Promise.all([source.stop(), target.stop()])
  await folder.remove()
})

const enter = (server: TestServer, look: Partial<Visit> = {}) => {
  const account = { username: server.username, password: server.password }
  return visit(browser, { url: server.urls.https, account, ...look })
}

/** Where the password is asked for again, it is given. */
async function press(visitor: Visitor, name: string, password: string): Promise<void> {
  const { page } = visitor
  await page.getByRole('button', { name, exact: true }).click()
  await page.addLocatorHandler(
    page.getByRole('dialog', { name: 'Please Verify' }),
    async (dialog) => {
      await dialog.getByLabel('Current Password').fill(password)
      await dialog.getByRole('button', { name: 'Verify' }).click()
    },
  )
}

describe('a bundle through the pages', () => {
  it('is planned while its content is ticked, and written to a folder', async () => {
    await using visitor = await enter(source)
    const { page } = visitor
    await visitor.goTo('/bundles')
    await page.getByText('No bundles yet').waitFor()
    await page.getByRole('link', { name: 'Export a bundle' }).click()
    await page.getByRole('textbox', { name: 'Stream' }).fill('site-42')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Open quay', exact: true }).click()
    await page.getByRole('button', { name: 'Open quay/stock' }).click()
    await page.getByRole('checkbox', { name: 'small', exact: true }).check()
    const plan = page.getByRole('definition')
    await plan.first().getByText('1', { exact: true }).waitFor()
    await page.getByRole('checkbox', { name: 'stock', exact: true }).check()
    await plan.first().getByText('4', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Continue' }).click()
    const plans = await holdAnswer(page, '**/bundles/plans')
    await page.getByRole('textbox', { name: 'Folder' }).fill('first')
    await page.getByRole('button', { name: 'Continue' }).click()
    await plans.asked
    // Whether there is space for it is not known of the plan before.
    await page.getByRole('button', { name: 'Write the bundle', disabled: true }).waitFor()
    plans.release()
    await press(visitor, 'Write the bundle', source.password)
    await page.getByText('The bundle is written', { exact: true }).waitFor()
    await page.getByText(`${carried}/first`).first().waitFor()
    const sheet = page.locator('[data-print-sheet]')
    await expect.poll(() => sheet.textContent()).toContain('skopeo copy --all')
    await visitor.goTo('/bundles')
    await page.getByText('site-42, number 1').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('comes in at the other side only with the key of its source', async () => {
    await using visitor = await enter(target)
    const { page } = visitor
    await visitor.goTo('/bundles/import')
    await page.getByRole('link', { name: 'Look at first' }).click()
    await page.getByText('Accept this key?').waitFor()
    await page.getByText('The bundle may not come in as it is: see the checks').waitFor()
    await page.getByRole('button', { name: 'Accept a key' }).click()
    const dialog = page.getByRole('dialog')
    const key = dialog.getByRole('textbox', { name: 'Public key' })
    await key.fill(otherKey)
    await dialog.getByRole('button', { name: 'Accept key' }).click()
    await dialog.getByText(/This is another key\. The bundle is signed with/).waitFor()
    await key.fill(sourceKey)
    await dialog.getByText('Compare the fingerprint').waitFor()
    const [fingerprint = ''] =
      /(?:[0-9a-f]{4} ){9}[0-9a-f]{4}/.exec((await dialog.textContent()) ?? '') ?? []
    expect(fingerprint).toBe(
      (await bundleClient(await source.signedIn()).trusted()).own.fingerprint,
    )
    await press(visitor, 'Accept key', target.password)
    await page.getByText(/^Signed by /).waitFor()
    await page.getByText('quay/stock:small').waitFor()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('The bundle is imported', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Save receipt' }).waitFor()
    await page.getByRole('link', { name: 'quay/stock:small' }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await requireStock(target.client(), stock)
    expect(visitor.complaints).toEqual([])
  })

  it('lets somebody decide about each conflict, and about each deletion', async () => {
    const pushOwn = async (server: TestServer, tag: string) =>
      server
        .client()
        .pushImage('quay/stock', tag, createOpaqueImage(`${server.host} ${tag}`, [900]))
    await pushOwn(target, 'small')
    await pushOwn(source, 'small')
    await source.client().request('DELETE', '/v2/quay/stock/manifests/large')
    const out = bundleClient(await source.signedIn())
    const made = await out.export({
      selection: { repositories: [{ name: 'quay/stock' }] },
      ...{ stream: 'site-42', propose_deletions: true, to: 'conflicts' },
    })
    expect(made.error).toBeNull()
    await using visitor = await enter(target)
    const { page } = visitor
    await visitor.goTo(`/bundles/import?path=${encodeURIComponent(`${carried}/conflicts`)}`)
    await page.getByRole('button', { name: 'Import', exact: true, disabled: false }).waitFor()
    const look = await holdAnswer(page, '**/bundles/inspect')
    await page.getByLabel('What happens to quay/stock:small').selectOption('rename')
    await look.asked
    // Nothing comes in before it is seen what comes in.
    await page.getByRole('button', { name: 'Import', exact: true, disabled: true }).waitFor()
    look.release()
    await page.getByText('Comes in as small-site-42').waitFor()
    await page.getByRole('checkbox', { name: 'Delete quay/stock:large' }).check()
    await press(visitor, 'Import', target.password)
    await page.getByText('The bundle is imported', { exact: true }).waitFor()
    await page.getByText('Deleted', { exact: true }).waitFor()
    const client = target.client()
    expect((await client.getManifest('quay/stock', 'small-site-42')).status).toBe(200)
    expect((await client.getManifest('quay/stock', 'large')).status).toBe(404)
    await page.getByRole('button', { name: 'Report as HTML' }).waitFor()
    expect(await visitor.findings()).toEqual([])
    await visitor.goTo('/bundles')
    await page.getByRole('heading', { name: 'site-42 (Imported)' }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('is encrypted for the recipient that a site shows, and comes in there without a key', async () => {
    await source.client().pushImage('quay/sealed', 'v1', createOpaqueImage('sealed', [70_000]))
    await using there = await enter(target)
    await there.goTo('/bundles/trust')
    const recipient = (await there.page.getByText(/^age1\w{58}$/).textContent()) ?? ''
    await using here = await enter(source)
    const { page } = here
    await here.goTo('/bundles/export')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Open quay', exact: true }).click()
    await page.getByRole('checkbox', { name: 'sealed', exact: true }).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('checkbox', { name: 'Encrypt with age' }).check()
    const recipients = page.getByRole('textbox', { name: 'Recipients' })
    await recipients.fill('age1nobody')
    await recipients.press('Enter')
    await page.getByText('age1nobody is no recipient of age').waitFor()
    await recipients.fill(`age:${recipient}`)
    await recipients.press('Enter')
    await page.getByRole('textbox', { name: 'Folder' }).fill('sealed')
    expect(await here.findings()).toEqual([])
    await page.getByRole('button', { name: 'Continue' }).click()
    await press(here, 'Write the bundle', source.password)
    await page.getByText('The bundle is written', { exact: true }).waitFor()
    await page.getByRole('definition').getByText(recipient).first().waitFor()
    await there.goTo(`/bundles/import?path=${encodeURIComponent(`${carried}/sealed`)}`)
    await press(there, 'Import', target.password)
    await there.page.getByText('The bundle is imported', { exact: true }).waitFor()
    expect((await target.client().getManifest('quay/sealed', 'v1')).status).toBe(200)
    expect([...here.complaints, ...there.complaints]).toEqual([])
  })

  it('is saved as a selection, which runs again and is edited', async () => {
    await using visitor = await enter(source)
    const { page } = visitor
    // An attempt before this one may have left its own.
    await bundleClient(await source.signedIn()).forgetSelections()
    await visitor.goTo('/bundles/export')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Open quay', exact: true }).click()
    await page.getByRole('checkbox', { name: 'stock', exact: true }).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('textbox', { name: 'Folder' }).fill('nightly')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('Space needed at the site').waitFor()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('every night')
    const times = page.getByRole('textbox', { name: 'Fixed times' })
    await times.fill('soon')
    await times.press('Enter')
    await page.getByText('Give a time such as 02:00 or mon-fri@02:00').waitFor()
    await times.fill('mon-fri@02:00')
    await times.press('Enter')
    await press(visitor, 'Save selection', source.password)
    await page.getByText('every night is saved', { exact: true }).waitFor()
    expect(await visitor.findings()).toEqual([])
    await visitor.goTo('/bundles/selections')
    await page.getByText('mon-fri@02:00').waitFor()
    const actions = page.getByRole('button', { name: 'Actions for every night' })
    await actions.click()
    await page.getByRole('menuitem', { name: 'Run now' }).click()
    await page.getByText('The bundle is written', { exact: true }).waitFor()
    await page
      .getByText(new RegExp(`^${carried}/nightly/bundle-`))
      .first()
      .waitFor()
    const interrupt = await interruptible(page)
    await visitor.goTo('/bundles/selections')
    await page.getByText('Done', { exact: true }).waitFor()
    // However late the server tells what was saved: nothing can be chosen that it would overwrite.
    const answer = await holdAnswer(page, '**/bundles/selections/*')
    const questions: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'GET') questions.push(new URL(request.url()).pathname)
    })
    await actions.click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByRole('heading', { level: 1, name: 'Export a bundle' }).waitFor()
    await answer.asked
    expect(await page.getByRole('button', { name: 'Continue' }).count()).toBe(0)
    answer.release()
    await page.getByRole('button', { name: 'Open quay', exact: true }).click()
    expect(await page.getByRole('checkbox', { name: 'stock', exact: true }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Continue' }).click()
    expect(await page.getByRole('textbox', { name: 'Folder' }).inputValue()).toBe('nightly')
    await page.getByRole('button', { name: 'Continue' }).click()
    const name = page.getByRole('textbox', { name: 'Name', exact: true })
    expect(await name.inputValue()).toBe('every night')
    await name.fill('now and then')
    // Nor does what is asked again while it is filled in.
    await page.getByText('Space needed at the site').waitFor()
    const again = page.waitForRequest('**/bundles/plans')
    interrupt()
    await again
    expect(questions.filter((path) => /selections\/[^/]+$/.test(path))).toHaveLength(1)
    expect(await name.inputValue()).toBe('now and then')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('now and then is saved', { exact: true }).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('is taken only as far as the policy says', async () => {
    await using visitor = await enter(target)
    const { page } = visitor
    await visitor.goTo(`/bundles/import?path=${encodeURIComponent(`${carried}/first`)}`)
    await page.getByText('What is taken at all').click()
    const repositories = page.getByRole('textbox', { name: 'Repositories' })
    await repositories.fill('mirror/*')
    await repositories.press('Enter')
    await page.getByText('The policy does not take it').first().waitFor()
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  it('is sent through the browser, and goes on where it was left', async () => {
    const out = bundleClient(await source.signedIn())
    const made = await out.export({
      selection: { repositories: [{ name: 'quay/stock' }] },
      ...{ to: 'sent', format: 'tar' },
    })
    if (made.result?.kind !== 'export') throw new Error('the bundle was not written')
    const files = made.result.volumes.map(({ name }) => `${carried}/sent/${name}`)
    await using visitor = await enter(target)
    const { page } = visitor
    await visitor.goTo('/bundles/import')
    await page.getByRole('button', { name: 'Send a bundle' }).click()
    await page.locator('input[type=file][accept=".tar,.age"]').setInputFiles(files)
    await page.getByText('Everything was sent', { exact: true }).waitFor()
    await page.reload()
    await page.getByText(/^1 files are here/).waitFor()
    await page.getByRole('link', { name: 'Look at the bundle' }).click()
    await page.getByText(/^Signed by /).waitFor()
    await page.getByRole('button', { name: 'Read every byte' }).click()
    await page.getByText('Every byte is as it was signed').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})

describe('the pages of bundles', () => {
  const titles = {
    '': 'バンドル',
    '/export?step=content': 'バンドルのエクスポート',
    '/import': 'バンドルのインポート',
    '/selections': '選択内容',
    '/ledger': '台帳',
    '/trust': '信頼',
    '/missing': '不足しているもの',
  }
  const looks = { language: 'ja', theme: 'DARK', width: 320, height: 640 } as const

  it('show in Japanese, dark and on a telephone without a complaint', async () => {
    await using visitor = await enter(target, looks)
    const faults: string[] = []
    const look = `/import?path=${encodeURIComponent(`${carried}/first`)}`
    for (const [path, title] of Object.entries({ ...titles, [look]: titles['/import'] })) {
      await visitor.goTo(`/bundles${path}`)
      await visitor.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
      await settled(visitor.page)
      const found = [...(await visitor.findings()), ...(await visitor.overflow())]
      faults.push(...found.map((fault) => `${path}: ${fault}`))
    }
    expect([...faults, ...visitor.complaints]).toEqual([])
  })
})
