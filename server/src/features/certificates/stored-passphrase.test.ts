import { readFile, stat, writeFile } from 'node:fs/promises'
import { createAuthority, describeCertificate, issueServerCertificate } from '@mooring/certs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../../test/support/temporary.ts'
import { Secret } from '../../config/secret.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { wireCertificates } from '../../wiring/certificates.ts'

const dayMs = 86_400_000
const today = Date.UTC(2026, 10, 22)
const admin = { by: 'admin' }
const passphrase = 'correct horse battery'

let folder: TemporaryFolder
let now: number
beforeEach(async () => {
  folder = createTemporaryFolder('passphrase')
  now = today
  const authority = await createAuthority({ commonName: 'Test CA', now })
  const pair = await issueServerCertificate({ authority, names: ['one.test'], now })
  await writeFile(folder.join('ca.crt'), authority.certificatePem)
  await writeFile(folder.join('ca.key'), authority.keyPem)
  await writeFile(folder.join('ssl.cert'), pair.certificatePem)
  await writeFile(folder.join('ssl.key'), pair.keyPem)
})
afterEach(() => folder.remove())

async function open(secretKey = 'a key of the settings', lifeDays = 397) {
  const opened = wireCertificates({
    config: {
      ...{ configDir: folder.path, serverHostname: 'one.test', certificates: { lifeDays } },
      databaseSecretKey: new Secret(secretKey),
    },
    clock: { now: () => now },
    random: systemRandom,
    log: createLogger('silent'),
  })
  await opened.served.open()
  return opened
}

async function outlook({ overview }: Awaited<ReturnType<typeof open>>) {
  const { server, authority } = await overview.read()
  const { renewsAt, renewalProblem } = server ?? {}
  return { renewsAt, code: renewalProblem?.code, passphrase: authority?.passphrase }
}

describe('a certificate whose authority has its key behind a passphrase', () => {
  it('is renewed by itself while the passphrase is stored, and says when it is not', async () => {
    const opened = await open()
    const { authority, certificates, renewal } = opened
    const before = await outlook(opened)
    expect(before).toMatchObject({ code: undefined, passphrase: 'none' })
    await authority.protect({ newPassphrase: passphrase }, admin)
    expect(await outlook(opened)).toMatchObject({ renewsAt: null, code: 'MOOR-TLS-118' })
    await authority.storePassphrase(passphrase, admin)
    expect(await outlook(opened)).toEqual({ ...before, passphrase: 'stored' })

    const first = await readFile(folder.join('ssl.cert'), 'utf8')
    now = today + 300 * dayMs
    await renewal.step()
    const second = await readFile(folder.join('ssl.cert'), 'utf8')
    expect(second).not.toBe(first)
    // People are asked all the same.
    await expect(certificates.renew({}, admin)).rejects.toMatchObject({ code: 'MOOR-TLS-003' })

    await authority.forgetPassphrase(admin)
    now = today + 600 * dayMs
    await renewal.step()
    expect(await readFile(folder.join('ssl.cert'), 'utf8')).toBe(second)
    expect(renewal.refusal()).toMatchObject({ code: 'MOOR-TLS-003' })
    expect(await outlook(opened)).toMatchObject({ renewsAt: null, code: 'MOOR-TLS-118' })
  })

  it('takes no passphrase that does not open the key, and none for a key that is open', async () => {
    const { authority } = await open()
    await expect(authority.storePassphrase(passphrase, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-121',
    })
    await authority.protect({ newPassphrase: passphrase }, admin)
    await expect(authority.storePassphrase('another one', admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-004',
    })
  })

  it('keeps it sealed, for its owner alone, and only for the key that it opens', async () => {
    const opened = await open()
    const { authority, store } = opened
    await authority.protect({ newPassphrase: passphrase }, admin)
    await authority.storePassphrase(passphrase, admin)
    const { passphrase: file } = store.paths
    expect(await readFile(file, 'utf8')).not.toContain(passphrase)
    expect((await stat(file)).mode & 0o077).toBe(0)
    expect(await outlook(await open('another key'))).toMatchObject({
      ...{ code: 'MOOR-TLS-120', passphrase: 'unreadable' },
    })
    await authority.protect({ passphrase, newPassphrase: 'quite another one' }, admin)
    expect(await outlook(opened)).toMatchObject({ code: 'MOOR-TLS-118', passphrase: 'none' })
  })
})

describe('a certificate that will not be renewed', () => {
  it('says so when somebody else issued it', async () => {
    const opened = await open()
    const company = await createAuthority({ commonName: 'Company', now })
    const pair = await issueServerCertificate({ authority: company, names: ['one.test'], now })
    const inputs = [Buffer.from(pair.certificatePem), Buffer.from(pair.keyPem)]
    await opened.certificates.replace({ inputs }, admin)
    expect(await outlook(opened)).toMatchObject({ renewsAt: null, code: 'MOOR-TLS-116' })
  })

  it('says so when the key is elsewhere, and when the authority ends as soon', async () => {
    const opened = await open()
    const { authority, certificates } = opened
    now = describeCertificate(await readFile(folder.join('ca.crt'), 'utf8')).notAfter - 90 * dayMs
    await certificates.renew({}, admin)
    expect(await outlook(opened)).toMatchObject({ renewsAt: null, code: 'MOOR-TLS-119' })
    await authority.renew({}, admin)
    expect(await outlook(opened)).toMatchObject({ code: undefined })
    const wishes = { confirm: 'Test CA', newPassphrase: passphrase }
    await authority.takeOffline(wishes, admin)
    expect(await outlook(opened)).toMatchObject({ renewsAt: null, code: 'MOOR-TLS-117' })
  })
})
