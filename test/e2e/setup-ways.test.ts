import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { holdAnswer, openBrowser, visit, type Visitor } from '../support/browser.ts'
import { company } from '../support/company.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import type {} from '../support/postgres.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { hasPrograms } from '../support/programs.ts'
import { setupPage } from '../support/setup-page.ts'
import { startSetup, type SetupServer } from '../support/setup-client.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('setup-ways', { onDisk: true })
const dataDir = folder.join('data')
const password = 'harbour-lantern-42'
const passphrase = 'anchor chain windlass'
const refused = [/[45]\d\d \(/, /net::ERR/, /^foreign:/]
let setup: SetupServer
let browser: Awaited<ReturnType<typeof openBrowser>>
let visitor: Visitor
let walk: ReturnType<typeof setupPage>
let bucket: ObjectStore
let ports: readonly number[]

beforeAll(async () => {
  ;[setup, browser, bucket, ports] = await Promise.all([
    ...([startSetup(dataDir), openBrowser(), startObjectStore(), findFreePorts(4)] as const),
  ])
  visitor = await visit(browser, { url: setup.url, expects: refused })
  visitor.page.setDefaultTimeout(15_000)
  walk = setupPage(visitor)
})

afterAll(async () => {
  await browser.close()
  await setup.child.stop()
  await bucket[Symbol.asyncDispose]()
  await folder.remove()
})

const file = (name: string, text: string | Buffer) => {
  writeFileSync(folder.join(name), text)
  return folder.join(name)
}
const dialog = () => visitor.page.getByRole('dialog')
const passphraseBox = () => dialog().getByRole('textbox', { name: /^Passphrase/ })

async function begin(way: string) {
  const { page } = visitor
  await page.goto('/setup/welcome')
  await page.getByRole('radio', { name: way }).check()
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await dialog().waitFor()
}

describe('another way to begin', () => {
  it('restores no backup from where there is none, and says why', async () => {
    const { page } = visitor
    await page.goto('/setup')
    await walk.enter(setup.code)
    await page.getByRole('list', { name: 'Checks: Welcome' }).waitFor()
    await begin('Restore from backup')
    await dialog().getByRole('button', { name: 'Begin the restore' }).click()
    await dialog().getByText('This is required').waitFor()
    await dialog().getByLabel('Where the backup is').fill(folder.join('nothing'))
    await dialog().getByRole('button', { name: 'Begin the restore' }).click()
    await page.getByText('The backup was not restored').waitFor()
    await page.getByText('MOOR-BAK-003').waitFor()
    await walk.looksRight()
    await page.getByRole('button', { name: 'Set up anew instead' }).click()
    await walk.heading('Set up your registry')
  })

  it('takes over what a configuration of Quay says, and names what it leaves', async () => {
    const { page } = visitor
    await begin('Import from Red Hat Quay')
    await dialog().getByRole('button', { name: 'Read the configuration' }).click()
    await dialog().getByText('Choose the file.').waitFor()
    const text = 'SERVER_HOSTNAME: localhost\nSUPER_USERS: [boss]\nDB_URI: sqlite:///quay.db\n'
    await dialog().locator('input[type=file]').setInputFiles(file('config.yaml', text))
    await dialog().getByRole('button', { name: 'Read the configuration' }).click()
    await dialog().getByText('Taken over: 2').waitFor()
    await dialog().getByText('DB_URI').waitFor()
    await walk.looksRight()
    await dialog().getByRole('button', { name: 'Go on' }).click()
    await dialog().waitFor({ state: 'detached' })
    await page.goto('/setup/identity')
    expect(await page.getByLabel('Primary name').inputValue()).toBe('localhost')
  })

  it('reads an answer file, and says of each value that does not fit what is wrong', async () => {
    const { page } = visitor
    await begin('Use an answer file')
    const choose = (text: string) =>
      dialog().locator('input[type=file]').setInputFiles(file('answers.yaml', text))
    const read = () => dialog().getByRole('button', { name: 'Read the file' }).click()
    await read()
    await dialog().getByText('Choose the answer file.').waitFor()
    await choose('network: [')
    await read()
    await dialog().getByText('MOOR-SET-016').waitFor()
    const [https = 0, http = 0, metrics = 0] = ports
    await choose(
      [
        'version: 1',
        'identity: {title: Harbour, primaryName: 127.0.0.1, moreNames: [], addresses: []}',
        `network: {family: IPv4, addresses: [127.0.0.1], httpsPort: ${https}, httpPort: ${http},`,
        `  metricsPort: ${metrics}, tls13Only: false, outbound: {kind: direct}}`,
        `storage: {where: {kind: disk, path: ${folder.join('content')}},`,
        '  database: {kind: sqlite}, warnAtPercent: 98, stopAtPercent: 99, timeMachine: 2w}',
        'admin: {username: captain, password: short}',
      ].join('\n'),
    )
    await read()
    await dialog().getByText('This has to be completed by hand').waitFor()
    await dialog().getByText('admin.password').waitFor()
    await dialog().getByRole('button', { name: 'Go on' }).click()
    await page.goto('/setup/identity')
    expect(await page.getByLabel('Registry title').inputValue()).toBe('Harbour')
    await page.getByText('This came from a file and was not tested here').waitFor()
  })
})

describe('fields', () => {
  it('keep what is typed while they are being saved, and are saved again', async () => {
    const { page } = visitor
    const title = page.getByLabel('Registry title')
    const answer = await holdAnswer(page, '**/steps/identity')
    await title.fill('Harbour and more')
    await walk.goOn()
    await answer.asked
    await title.fill('Harbour')
    answer.release()
    await walk.goOn()
    await walk.heading('Where the registry listens')
    await page.goto('/setup/identity')
    expect(await title.inputValue()).toBe('Harbour')
  })

  it('are checked as they are left, corrected while one types, and explained beside', async () => {
    const { page } = visitor
    const help = page.getByRole('complementary')
    await page.getByLabel('Primary name').fill('no name')
    await help.getByText('every client has to find this host').waitFor()
    await page.getByLabel('Registry title').focus()
    await page.getByText('Enter a host name or an IP address').waitFor()
    await page.getByLabel('Primary name').pressSequentially('!')
    await page.getByText('Enter a host name or an IP address').waitFor()
    await page.getByLabel('Primary name').fill('127.0.0.1')
    await page.getByText('Enter a host name or an IP address').waitFor({ state: 'detached' })
    await walk.goOn()
    await walk.heading('Where the registry listens')
  })

  it('for a proxy begin with the own names, and the proxy is asked for real', async () => {
    const { page } = visitor
    await page.getByRole('radio', { name: 'Through a proxy' }).check()
    await page.getByRole('button', { name: 'Remove localhost' }).waitFor()
    await page.getByLabel('Proxy for https://').fill(`http://127.0.0.1:${ports[3] ?? 0}`)
    await walk.test()
    await page.getByText(/The proxy .* cannot be reached/).waitFor()
    await walk.looksRight()
    await page.getByRole('radio', { name: 'Directly' }).check()
    await walk.goOn()
    await walk.heading('Certificates')
  })
})

describe('the certificate', () => {
  it('takes a further name of this host in its own step', async () => {
    const { page } = visitor
    const add = page.getByRole('button', { name: /^Add to certificate: / }).first()
    const name = ((await add.getAttribute('aria-label')) ?? '').replace(/^.*: /, '')
    await add.click()
    await page.getByRole('button', { name: `Remove ${name}` }).waitFor()
    await page
      .getByRole('button', { name: `Add to certificate: ${name}` })
      .waitFor({ state: 'detached' })
    await page.getByRole('button', { name: `Remove ${name}` }).click()
    await page.getByRole('button', { name: `Add to certificate: ${name}` }).waitFor()
    await page.getByRole('textbox', { name: /^Names in the certificate/ }).fill('registry.test')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Remove registry.test' }).waitFor()
    await walk.looksRight()
  })

  it('may be signed elsewhere: the request is shown and given out', async () => {
    const { page } = visitor
    await page.getByRole('radio', { name: 'Create a signing request' }).check()
    await walk.goOn()
    await page.getByText('-----BEGIN CERTIFICATE REQUEST-----').waitFor()
    expect((await walk.download('Download mooring.csr')).suggestedFilename()).toBe('mooring.csr')
    await walk.looksRight()
    await walk.goOn()
    await walk.heading('Where images are kept')
  })

  it('may be finished, and what it lacks is named with a way out', async () => {
    const { page } = visitor
    await page.goto('/setup/certificates')
    const pair = await company.issueFor('127.0.0.1')
    await page.getByRole('radio', { name: 'Use a finished certificate' }).check()
    await page
      .locator('input[type=file]')
      .setInputFiles([file('server.crt', pair.certificatePem), file('server.key', pair.keyPem)])
    await expect.poll(() => page.getByLabel(/^Private key/).inputValue()).toContain('PRIVATE KEY')
    await walk.goOn()
    await page.getByText('A check failed').first().waitFor()
    await page.getByRole('button', { name: 'Do without this name: registry.test' }).click()
    await page.getByText('The certificate covers every name').waitFor()
    await walk.goOn()
    await walk.heading('Where images are kept')
  })

  it('may be issued by the authority of the company, from one PKCS#12 file', async () => {
    const { page } = visitor
    const bundle = await company.pkcs12(passphrase)
    await page.goto('/setup/certificates')
    await page.getByRole('radio', { name: 'Use our company CA key' }).check()
    await page.locator('input[type=file]').setInputFiles(file('company.p12', bundle))
    await page.getByText('A PKCS#12 file is here').waitFor()
    await page.getByLabel('Passphrase of the key').fill('wrong')
    await walk.test()
    await page.getByText(/MOOR-TLS-004/).waitFor()
    await page.getByLabel('Passphrase of the key').fill(passphrase)
    await walk.test()
    await page.getByText('The certificate covers every name').waitFor()
    await walk.looksRight()
    await page.getByRole('radio', { name: 'Create a certificate authority here' }).check()
    await page.getByRole('radio', { name: 'Take the key offline' }).check()
    await page.getByLabel(/^Passphrase of the authority/).fill(passphrase)
    await walk.goOn()
    await walk.heading('Where images are kept')
  })
})

describe('storage', () => {
  let database: PostgresDatabase | undefined
  afterAll(() => database?.drop())

  it('in a bucket and in PostgreSQL is tried line by line', async () => {
    const { page } = visitor
    const url = inject('postgresUrl')
    database = url === '' ? undefined : await createPostgresDatabase(url)
    await page.getByRole('radio', { name: 'S3-compatible storage' }).check()
    await page.getByLabel('Endpoint').fill(bucket.endpoint)
    await page.getByLabel('Bucket', { exact: false }).first().fill(bucket.bucket)
    await page.getByLabel('Access key').fill(bucket.accessKey)
    await page.getByLabel('Secret key').fill('not the secret')
    await page.getByRole('checkbox', { name: 'Bucket in the path' }).check()
    await page.getByRole('radio', { name: 'PostgreSQL' }).check()
    const at = new URL(database?.url ?? `postgresql://nobody:none@127.0.0.1:${ports[3] ?? 0}/none`)
    await page.getByLabel('Host').fill(at.hostname)
    await page.getByLabel(/^Port/).fill(at.port)
    await page.getByLabel('Database name').fill(at.pathname.slice(1))
    await page.getByLabel('User').fill(at.username)
    await page.getByLabel('Database password').fill(at.password)
    await walk.test()
    await page.getByText(/MOOR-STO-022/).waitFor()
    await page.getByText(database === undefined ? /MOOR-DB-010/ : 'Tables can be created').waitFor()
    await page.getByLabel('Secret key').fill(bucket.secretKey)
    await walk.test()
    await page.getByText('The clocks agree').waitFor()
    await walk.looksRight()
    await page.getByRole('radio', { name: 'This computer' }).check()
    await page.getByRole('radio', { name: 'Built-in' }).check()
    await walk.goOn()
    await walk.heading('The first administrator')
  })
})

describe.skipIf(!hasPrograms('docker-registry', 'openssl'))('an upstream', () => {
  let peer: PeerRegistry
  beforeAll(async () => (peer = await startPeerRegistry()))
  afterAll(() => peer.stop())

  it('whose authority nobody knows is trusted once its fingerprint was compared', async () => {
    const { page } = visitor
    await page.goto('/setup/mirrors')
    await page.getByRole('radio', { name: 'Both' }).check()
    await page.getByRole('button', { name: 'Add upstream' }).click()
    await page.getByRole('menuitem', { name: 'Another registry' }).click()
    await page.getByLabel('Address').fill(peer.url)
    await page.getByLabel('Organization here').fill('peer')
    await walk.test()
    await page.getByRole('button', { name: 'Trust this authority for this upstream' }).click()
    const asked = page.getByRole('alertdialog')
    await asked.getByText(/(?:[0-9A-F]{2}:){31}/).waitFor()
    await walk.looksRight()
    await asked.getByRole('button', { name: 'It is the same: trust it' }).click()
    await page.getByText(/MOOR-NET-026/).waitFor()
    await page.getByLabel('Account').fill(peer.username)
    await page.getByLabel('Password or token').fill(peer.password)
    await walk.test()
    await page.getByText(/lets us in as peer/).waitFor()
    await page.getByRole('button', { name: /^Remove upstream/ }).click()
    await walk.goOn()
    await walk.heading('Vulnerability scanning')
    await page.getByRole('radio', { name: 'Clair elsewhere' }).check()
    await page.getByLabel('Address of Clair').fill(`http://127.0.0.1:${ports[3] ?? 0}`)
    await page.getByLabel('Pre-shared key').fill('c2VjcmV0')
    await walk.test()
    await page.getByText(/MOOR-NET-040/).waitFor()
    await walk.looksRight()
  })
})

describe('an apply that fails', () => {
  // It takes nobody in, for whoever waits to be answered keeps it from ending.
  const squatter = createServer((socket) => socket.destroy())
  let answers = ''
  afterAll(() => squatter.close())

  it('prints the kit and nothing else', async () => {
    const { page } = visitor
    await page.goto('/setup/scanning')
    await page.getByRole('button', { name: 'Skip' }).click()
    await page.goto('/setup/admin')
    await page.getByLabel('User name').fill('captain')
    await page.getByLabel('Password', { exact: false }).first().fill(password)
    await page.getByLabel('Repeat the password').fill(password)
    await walk.goOn()
    await page.getByText('These codes are shown this once').waitFor()
    await page.emulateMedia({ media: 'print' })
    const shown = await page.evaluate(() =>
      document.body.innerText.split('\n').filter((line) => line !== ''),
    )
    expect(shown[0]).toBe('Recovery kit')
    expect(shown.join(' ')).not.toContain('Save and continue')
    await page.emulateMedia({ media: 'screen' })
    await page.getByRole('button', { name: 'I stored it' }).click()
    await walk.heading('Review and apply')
  })

  it('gives out its answers with the secrets in them, encrypted', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Download answer file' }).click()
    await dialog().getByRole('radio', { name: 'Encrypt them with a passphrase' }).check()
    await passphraseBox().fill('short')
    await dialog().getByRole('button', { name: 'Download' }).click()
    await expect.poll(() => passphraseBox().getAttribute('aria-invalid')).toBe('true')
    await passphraseBox().fill(passphrase)
    const download = page.waitForEvent('download')
    await dialog().getByRole('button', { name: 'Download' }).click()
    answers = readFileSync(await (await download).path(), 'utf8')
    expect(answers).not.toContain(password)
    await dialog().waitFor({ state: 'detached' })
  })

  it('says which task failed, and starts over once the words were typed', async () => {
    const { page } = visitor
    await new Promise<void>((resolve) => squatter.listen(ports[0], '127.0.0.1', resolve))
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText(/MOOR-SET-035/).waitFor({ timeout: 30_000 })
    await walk.looksRight()
    expect((await walk.download('Download log')).suggestedFilename()).toBe('mooring-setup.log')
    await page.getByRole('button', { name: 'Discard and start over' }).click()
    const asked = page.getByRole('alertdialog')
    const confirm = asked.getByRole('button', { name: 'Discard and start over' })
    expect(await confirm.isDisabled()).toBe(true)
    await asked.getByLabel(/start over/).fill('start over')
    await confirm.click()
    await walk.heading('Set up your registry')
  })

  it('takes its answers back, and is retried when the port is free', async () => {
    const { page } = visitor
    await begin('Use an answer file')
    await dialog().locator('input[type=file]').setInputFiles(file('back.yaml', answers))
    await passphraseBox().fill('another passphrase')
    await dialog().getByRole('button', { name: 'Read the file' }).click()
    await dialog().getByText('The passphrase does not open the secrets of the file').waitFor()
    await passphraseBox().fill(passphrase)
    await dialog().getByRole('button', { name: 'Read the file' }).click()
    await walk.heading('Review and apply')
    await page.goto('/setup/admin')
    await page.getByRole('button', { name: /^Make / }).click()
    await page.getByRole('button', { name: 'I stored it' }).click()
    await walk.heading('Mirrors of other registries')
    await page.goto('/setup/review')
    await walk.heading('Review and apply')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText(/MOOR-SET-035/).waitFor({ timeout: 30_000 })
    await new Promise((resolve) => squatter.close(resolve))
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.waitForURL(`https://127.0.0.1:${ports[0] ?? 0}/setup/done**`, { timeout: 30_000 })
  })

  it('ends at its own address, where the key is taken away and every client is told', async () => {
    const { page } = visitor
    await walk.heading('Your registry is ready')
    await page.getByText('podman login --username captain').waitFor()
    await page.getByRole('radio', { name: 'containerd' }).check({ force: true })
    await page.getByText('containerd keeps no login').waitFor()
    await page.getByRole('radio', { name: 'k3s' }).check({ force: true })
    await page.getByText('/etc/rancher/k3s/registries.yaml').waitFor()
    expect(await visitor.findings()).toEqual([])
    expect((await walk.download('Download the key')).suggestedFilename()).toBe('mooring-ca.key')
    await page.getByLabel(/^Name of the authority/).fill('Harbour Root CA')
    await page.getByLabel(/^Passphrase of the authority/).fill('not the passphrase')
    await page.getByRole('button', { name: 'I have it: remove it here' }).click()
    await page.getByText(/MOOR-TLS-004/).waitFor()
    await page.getByLabel(/^Passphrase of the authority/).fill(passphrase)
    await page.getByRole('button', { name: 'I have it: remove it here' }).click()
    await page.getByText('no longer on this machine').waitFor()
    expect(visitor.complaints).toEqual([])
  })
})
