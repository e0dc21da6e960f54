import { readFileSync } from 'node:fs'
import type { Route } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openBrowser, visit, type Visitor } from '../support/browser.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  createSetupClient,
  saveAll,
  startSetup,
  testAnswers,
  type SetupServer,
} from '../support/setup-client.ts'
import { setupPage } from '../support/setup-page.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const isPossible = hasPrograms('docker-registry', 'openssl')
if (!isPossible) {
  process.stdout.write('first content of a setup is left out: docker-registry is missing\n')
}

describe.skipIf(!isPossible)('first content, chosen in the setup', () => {
  const folder = createTemporaryFolder('setup-content-pages', { onDisk: true })
  const dataDir = folder.join('data')
  let peer: PeerRegistry
  let setup: SetupServer
  let browser: Awaited<ReturnType<typeof openBrowser>>
  let visitor: Visitor
  let walk: ReturnType<typeof setupPage>
  let address = ''

  beforeAll(async () => {
    ;[peer, setup, browser] = await Promise.all([
      ...([startPeerRegistry(), startSetup(dataDir), openBrowser()] as const),
    ])
    const source = peer.client()
    await source.pushImage('library/app', '1.0', createOpaqueImage('old', [50_000]))
    await source.pushImage('library/app', '2.0', createOpaqueImage('new', [2_000_000]))
    source.close()
    const client = createSetupClient(setup.url)
    await client.enter(setup.code)
    const answers = await testAnswers(dataDir)
    address = `https://127.0.0.1:${answers.network.httpsPort}`
    await saveAll(client, {
      ...answers,
      identity: { ...answers.identity, primaryName: '127.0.0.1' },
    })
    await client.api('POST', '/steps/scanning/skip', {})
    client.close()
    visitor = await visit(browser, {
      url: setup.url,
      expects: [/[45]\d\d \(/, /net::ERR/, /^foreign:/],
    })
    walk = setupPage(visitor)
  })

  afterAll(async () => {
    await browser.close()
    await setup.child.stop()
    await peer.stop()
    await folder.remove()
  })

  /** The card of another upstream, filled in but for what it fetches. */
  async function addUpstream(name: string, organization: string) {
    const { page } = visitor
    await page.getByRole('button', { name: 'Add upstream' }).click()
    await page.getByRole('menuitem', { name: 'Another registry' }).click()
    const last = (label: string) => page.getByLabel(label, { exact: true }).last()
    await page.getByLabel('Address').last().fill(peer.url)
    await page.getByLabel('Name of the upstream').last().fill(name)
    await last('Account').fill(peer.username)
    await last('Password or token').fill(peer.password)
    await page.getByLabel('Organization here').last().fill(organization)
    await page.getByText('More settings').last().click()
    await page.getByLabel('Certificate authority').last().fill(readFileSync(peer.caFile, 'utf8'))
  }

  it('is as large as its upstream says, beside what is free', async () => {
    const { page } = visitor
    await page.goto('/setup/mirrors')
    await walk.enter(setup.code)
    await page.getByRole('button', { name: 'Continue here' }).click()
    await page.goto('/setup/mirrors')
    await page.getByRole('radio', { name: 'Connected', exact: true }).check()
    await addUpstream('peer', 'mirrored')
    await page.getByRole('radio', { name: 'Scheduled mirror' }).check()
    await page.getByRole('button', { name: 'Add repository' }).click()
    await page.getByRole('textbox', { name: /^Repository/ }).fill('library/app')
    const tags = page.getByRole('textbox', { name: /^Tags/ })
    await tags.fill('2.*')
    await tags.press('Enter')
    await page.getByRole('button', { name: 'Ask for the size' }).click()
    await page.getByText(/^library\/app: 1.91 MiB \(tags: 1\)/).waitFor()
    await page.getByText(/^To fetch: 1.91 MiB;/).waitFor()
    await page.getByText(/^Free where content is kept: /).waitFor()
    await walk.looksRight()
  })

  it('is there at the end, and what could not be made is named', async () => {
    const { page } = visitor
    // Names of people are no names for organizations.
    await addUpstream('refused', 'captain')
    await walk.goOn()
    await walk.heading('Vulnerability scanning')
    await page.goto('/setup/review')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(`${address}/setup/done**`, { timeout: 30_000 })
    await page.getByText(/refused: organization captain: /).waitFor()
    const content = page.getByRole('list', { name: 'First content' })
    await content.getByText('mirrored/library/app').waitFor()
    await content.getByText('In step').waitFor({ timeout: 30_000 })
    await walk.looksRight()
    // The last task may end between one question of the page and the next.
    const session = '**/api/v1/mooring/setup/session'
    const early = async (route: Route) => {
      const response = await route.fetch()
      const json = { ...((await response.json()) as object), phase: 'applying' }
      await route.fulfill({ response, json })
    }
    await page.route(session, early, { times: 1 })
    await page.reload()
    await page.getByText(/refused: organization captain: /).waitFor()
    await page.getByRole('link', { name: 'Open the mirrors' }).click()
    await page.waitForURL(`${address}/**`)
  })
})
