import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { holdAnswer, openBrowser, settled, visit, type Visit } from '../support/browser.ts'
import { createArtifact, createContent, createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { stockRegistry } from '../support/stocked-registry.ts'

const repository = 'harbour/charts'
const tagsPage = `/repository/${repository}?tab=tags`
const config = { FEATURE_IMMUTABLE_TAGS: true, PERMANENTLY_DELETE_TAGS: true }

let server: TestServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let api: ApiClient

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } }),
    openBrowser(),
  ])
  api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbour', email: 'harbour@example.com' }, 201)
  const client = server.client()
  await stockRegistry(client, repository, { largeBytes: 65_536 })
  const image = createImage({ labels: { maintainer: 'crew' } })
  for (const tag of ['1.0', '1.1', '1.2', 'old']) await client.pushImage(repository, tag, image)
  for (const tag of ['wrong-1', 'wrong-2', 'past']) await client.pushImage(repository, tag, image)
  // What is said of an image, as the usual tools attach it.
  const subject = createImage({ labels: { signed: 'yes' } })
  await client.pushImage(repository, 'signed', subject)
  const bundle = {
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
    },
  }
  const said = [
    { artifactType: 'application/vnd.cncf.notary.signature' },
    { artifactType: 'application/spdx+json' },
    bundle,
  ].map((more) =>
    createArtifact({
      ...{ ...more, subject: subject.manifest },
      layers: [createContent('{"SPDXID":"SPDXRef-DOCUMENT"}', 'application/spdx+json')],
    }),
  )
  for (const one of said) await client.pushImage(repository, one.manifest.digest, one)
  const signatureTag = `${subject.manifest.digest.replace(':', '-')}.sig`
  await client.pushImage(repository, signatureTag, createImage({ labels: { of: 'cosign' } }))
  const named = Array.from({ length: 23 }, (_, at) => `n${String(at + 1).padStart(2, '0')}`)
  await client.pushImage('harbour/row', 'first', image)
  for (const tag of named) await client.putManifest('harbour/row', tag, image.manifest)
  // Repositories whose names could be addresses of tags.
  await client.pushImage('harbour/tag/odd', '1', createImage())
  await client.pushImage('harbour/a/tag/odd', '1', createImage())
}, 60_000)

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const come = (look: Partial<Visit> = {}) =>
  visit(browser, {
    url: server.urls.https,
    account: { username: server.username, password: server.password },
    ...look,
  })

describe('the tags of a repository', () => {
  it('are deleted together, and one of them comes back from the history', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    await page.getByRole('checkbox', { name: 'Select tag 1.1' }).check()
    await page.getByRole('checkbox', { name: 'Select tag 1.2' }).check()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Delete the following tags?' })
    await dialog.getByText('1.2').waitFor()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Deleted tags successfully').waitFor()
    await page.getByRole('link', { name: '1.1', exact: true }).waitFor({ state: 'detached' })

    await page.getByRole('tab', { name: 'Tag history' }).click()
    const deletion = page.getByRole('row').filter({ hasText: '1.1 was deleted' })
    await deletion.getByRole('button', { name: /^Restore to sha256:/ }).click()
    const question = page.getByRole('alertdialog', { name: 'Restore Tag' })
    await question.getByRole('button', { name: 'Restore Tag' }).click()
    await page.getByText(/Restored tag 1\.1 to digest sha256:\w+ successfully/).waitFor()
    await page
      .getByRole('row')
      .filter({ hasText: /1\.1 was (?:recreated|reverted)/ })
      .waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('are locked, and then say why they cannot be removed', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    const choose = async (item: string) => {
      await page.getByRole('button', { name: 'Actions for tag 1.0' }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await choose('Make immutable')
    const lock = page.getByRole('alertdialog', { name: 'Make 1 tag immutable?' })
    await lock.getByRole('button', { name: 'Make immutable' }).click()
    await page.getByText('Successfully set immutability for tag 1.0').waitFor()
    await page
      .getByRole('row', { name: /tag 1\.0/ })
      .getByLabel('Immutable')
      .waitFor()

    await page.getByRole('button', { name: 'Actions for tag 1.0' }).click()
    const remove = page.getByRole('menuitem', { name: /^Remove The tag is immutable/ })
    expect(await remove.getAttribute('aria-disabled')).toBe('true')
    await page.keyboard.press('Escape')
    await choose('Remove immutability')
    const unlock = page.getByRole('alertdialog', { name: 'Remove immutability from 1 tag?' })
    await unlock.getByRole('button', { name: 'Remove immutability' }).click()
    await page.getByText('Successfully removed immutability for tag 1.0').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('get another name and labels, and never an impossible name', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    await page.getByRole('button', { name: 'Actions for tag old' }).click()
    await page.getByRole('menuitem', { name: 'Add new tag' }).click()
    const dialog = page.getByRole('dialog', { name: /^Add tag to manifest sha256:/ })
    const name = dialog.getByLabel('New tag name')
    await name.fill('.no')
    await dialog.getByRole('button', { name: 'Create tag' }).click()
    await dialog
      .getByText(/^A tag begins with a letter/)
      .first()
      .waitFor()
    await name.fill('large')
    await dialog.getByText(/The tag large exists and is on sha256:/).waitFor()
    await name.fill('renamed')
    await dialog.getByRole('button', { name: 'Create tag' }).click()
    await page.getByText('Successfully created tag renamed').waitFor()

    await page.getByRole('button', { name: 'Actions for tag renamed' }).click()
    await page.getByRole('menuitem', { name: 'Edit labels' }).click()
    const labels = page.getByRole('dialog', { name: 'Edit labels' })
    await labels.getByText('maintainer=crew').waitFor()
    await labels.getByLabel('Add new label').fill('purpose=testing')
    await page.keyboard.press('Enter')
    await labels.getByRole('button', { name: 'Save Labels' }).click()
    await page.getByText('Created labels successfully').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('are chosen across all pages, and whatever could not be changed is named', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo('/repository/harbour/row?tab=tags&limit=10')
    await page.getByRole('button', { name: 'Select rows' }).click()
    await page.getByRole('menuitem', { name: 'Select all (24)' }).click()
    await page.getByRole('checkbox', { name: 'Select tag n23' }).uncheck()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Delete the following tags?' })
    await dialog.getByText('n22').waitFor()
    // Locked by somebody else while this is asked.
    await api.put('/api/v1/repository/harbour/row/tag/n07', { immutable: true }, 201)
    await dialog.getByRole('button', { name: 'Delete' }).click()
    const failure = page.getByRole('alert').filter({ hasText: 'Could not delete tags' })
    await failure.getByText(/details/i).click()
    await failure.getByText(/n07/).waitFor()
    await page.getByText('Deleted tags successfully').waitFor()
    await page.getByRole('link', { name: 'n23', exact: true }).waitFor()
    const left = async () =>
      (await page.getByRole('rowheader').allInnerTexts())
        .map((text) => text.trim().split(/\s/)[0])
        .sort()
    await expect.poll(left).toEqual(['n07', 'n23'])
    expect(visitor.complaints).toEqual([])
  })

  it('are gone for good once that is confirmed, from the list and from the history', async () => {
    await api.delete(`/api/v1/repository/${repository}/tag/past`)
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(`${tagsPage}&search=wrong`)
    await page.getByRole('checkbox', { name: 'Select tag wrong-1' }).check()
    await page.getByRole('checkbox', { name: 'Select tag wrong-2' }).check()
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Permanently delete' }).click()
    const dialog = page.getByRole('alertdialog', { name: /^Permanently delete/ })
    expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('confirm')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Permanently deleted tags successfully').waitFor()
    await page.getByRole('link', { name: 'wrong-1', exact: true }).waitFor({ state: 'detached' })

    await visitor.goTo(`/repository/${repository}?tab=history&search=past`)
    const deletion = page.getByRole('row').filter({ hasText: 'past was deleted' })
    await deletion.getByRole('button', { name: 'Permanently delete' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Permanently delete' }).click()
    await page.getByText(/^Permanently deleted tag past with manifest sha256:/).waitFor()
    await deletion.getByRole('button').first().waitFor({ state: 'detached' })
    await visitor.goTo(`/repository/${repository}?tab=history&search=wrong`)
    await page.getByText('No tag changes found').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('expire when that is typed, together, and not in the past', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    await page.getByRole('button', { name: 'Actions for tag docker' }).click()
    await page.getByRole('menuitem', { name: 'Change expiration' }).click()
    const dialog = page.getByRole('dialog', { name: 'Change Tags Expiration' })
    await dialog.getByRole('radio', { name: 'At a date' }).check()
    const at = dialog.getByRole('group', { name: 'Date and time' })
    const year = new Date().getFullYear() + 1
    const type = async (typed: string) => {
      await at.getByRole('spinbutton', { name: /month/i }).click()
      await page.keyboard.type(`0302${typed}0330p`)
    }
    await type('2001')
    await dialog.getByRole('button', { name: 'Change Expiration' }).click()
    await dialog.getByText('Choose a time that is yet to come.').first().waitFor()
    await type(String(year))
    await dialog.getByRole('button', { name: 'Change Expiration' }).click()
    const said = new RegExp(`^Successfully set expiration for tag docker to .*${String(year)}`)
    await page.getByText(said).waitFor()
    const path = `/api/v1/repository/${repository}/tag/?specificTag=docker&onlyActiveTags=true`
    const { tags } = (await api.get(path)) as { tags: readonly { end_ts: number }[] }
    expect(tags.map(({ end_ts }) => new Date(end_ts * 1_000).toISOString())).toEqual([
      `${String(year)}-03-02T06:30:00.000Z`,
    ])

    // Longer than the registry keeps what is labelled: it says so, and until when.
    await page.getByRole('button', { name: /^Change the expiration of docker/ }).click()
    await type('2040')
    await dialog.getByRole('button', { name: 'Change Expiration' }).click()
    await page.getByText('This registry keeps tags that expire no longer than that.').waitFor()
    expect(await page.getByText(/tag docker to .*2040/).count()).toBe(0)
    expect(visitor.complaints).toEqual([])
  })

  it('lose their expiration, and are found by digest', async () => {
    const inThreeDays = Math.floor(Date.now() / 1_000) + 3 * 86_400
    await api.put(`/api/v1/repository/${repository}/tag/large`, { expiration: inThreeDays }, 201)
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    await page.getByRole('button', { name: /^Change the expiration of large: in \d days/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Change Tags Expiration' })
    await dialog.getByRole('radio', { name: 'Never' }).check()
    await dialog.getByRole('button', { name: 'Change Expiration' }).click()
    await page.getByText('Successfully set expiration for tag large to never').waitFor()

    const row = page.getByRole('row', { name: /tag many/ })
    await row.getByRole('link', { name: /^sha256:/ }).waitFor()
    const digest = (await row.getByRole('link', { name: /^sha256:/ }).textContent()) ?? ''
    await page.getByRole('textbox', { name: 'Search by tag…' }).fill(digest.trim())
    await page.getByRole('link', { name: 'large', exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'many', exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('search')).toBe(digest.trim())
    expect(visitor.complaints).toEqual([])
  })
})

describe('a tag', () => {
  it('shows its platforms, and keeps the chosen one from tab to tab', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(`/repository/${repository}/tag/many`)
    await page.getByRole('link', { name: 'linux/arm64/v8' }).click()
    await page.waitForURL(/digest=sha256/)
    await page.getByRole('tab', { name: 'Layers' }).click()
    await page.getByRole('heading', { name: 'Manifest Layers' }).waitFor()
    expect(new URL(page.url()).searchParams.get('digest')).toMatch(/^sha256:/)
    await page.getByRole('tab', { name: 'Manifest' }).click()
    await page.getByText('"schemaVersion": 2').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('offers what fetches it, and remembers the client', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(tagsPage)
    await page.getByRole('button', { name: 'Fetch tag 1.0' }).click()
    await page.getByLabel('Client').selectOption('Docker')
    await page.getByText(new RegExp(`^docker pull \\S+/${repository}:1.0$`)).waitFor()
    await visitor.goTo(`/repository/${repository}/tag/old`)
    await page.getByText(new RegExp(`^docker pull \\S+/${repository}:old$`)).waitFor()
    expect(visitor.complaints).toEqual([])
  })

  it('shows what signs, lists and attests it', async () => {
    await using visitor = await come()
    const { page } = visitor
    await visitor.goTo(`/repository/${repository}/tag/signed`)
    await page.getByText('Signed', { exact: true }).waitFor()
    const tags = await holdAnswer(page, '**/tags?*signatures=true*')
    await page.getByRole('tab', { name: /^Referrers/ }).click()
    const rows = page.getByRole('table', { name: 'Referrers' }).getByRole('row')
    // Nothing is counted before those that are kept as tags are there, too.
    await tags.asked
    expect(await rows.count()).toBe(0)
    tags.release()
    await rows.filter({ hasText: 'SBOM' }).getByText('application/spdx+json').waitFor()
    await rows.filter({ hasText: 'Attestation' }).waitFor()
    expect(await rows.filter({ hasText: 'Signature' }).count()).toBe(2)
    await rows
      .filter({ hasText: 'SBOM' })
      .getByRole('link', { name: /^sha256:/ })
      .click()
    await page.getByRole('heading', { level: 1, name: /@sha256:/ }).waitFor()
    await page.getByText('Refers to').waitFor()
    await page
      .getByText(/^oras pull /)
      .first()
      .waitFor()
    expect(await visitor.findings()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  it.each(['harbour/tag/odd', 'harbour/a/tag/odd'])(
    'is not what a repository with such a name is taken for: %s',
    async (name) => {
      await using visitor = await come({ expects: [/404 \(Not Found\)/] })
      await visitor.goTo(`/repository/${name}`)
      await visitor.page.getByRole('heading', { name, level: 1 }).waitFor()
      await visitor.page.getByRole('tab', { name: 'Tag history' }).waitFor()
      expect(visitor.complaints).toEqual([])
    },
  )
})

it('is looked at in Japanese, in the dark and on a telephone', async () => {
  await using visitor = await come({ language: 'ja', theme: 'DARK', width: 320, height: 640 })
  const faults: string[] = []
  const many = `/repository/${repository}/tag/many`
  for (const path of [
    tagsPage,
    `/repository/${repository}?tab=history`,
    many,
    `${many}?tab=layers`,
  ]) {
    await visitor.goTo(path)
    await settled(visitor.page)
    const found = [...(await visitor.findings()), ...(await visitor.overflow())]
    faults.push(...found.map((fault) => `${path}: ${fault}`))
  }
  expect([...faults, ...visitor.complaints]).toEqual([])
})
