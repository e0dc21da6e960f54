import { execFile } from 'node:child_process'
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import {
  certificatesIn,
  createAuthority,
  describeCertificate,
  issueFromRequest,
  issueServerCertificate,
} from '@mooring/certs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../../test/support/temporary.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { wireCertificates } from '../../wiring/certificates.ts'

const run = promisify(execFile)
const dayMs = 86_400_000
const today = Date.UTC(2026, 10, 22)
const admin = { by: 'admin' }

let folder: TemporaryFolder
let now: number
beforeEach(async () => {
  folder = createTemporaryFolder('certificates')
  now = today
  const authority = await createAuthority({ commonName: 'Test CA', now })
  const pair = await issueServerCertificate({ authority, names: ['one.test', '127.0.0.1'], now })
  await writeFile(folder.join('ca.crt'), authority.certificatePem)
  await writeFile(folder.join('ca.key'), authority.keyPem)
  await place(pair)
})
afterEach(() => folder.remove())

const place = async (pair: { certificatePem: string; keyPem: string }) => {
  await writeFile(folder.join('ssl.cert'), pair.certificatePem)
  await writeFile(folder.join('ssl.key'), pair.keyPem)
}
const read = (name: string) => readFile(folder.join(name), 'utf8')

async function open(serverHostname = 'one.test') {
  const certificates = wireCertificates({
    config: { configDir: folder.path, serverHostname, certificates: { lifeDays: 397 } },
    clock: { now: () => now },
    random: systemRandom,
    log: createLogger('silent'),
  })
  await certificates.served.open()
  return certificates
}

const namesServed = async ({ store }: Awaited<ReturnType<typeof open>>) =>
  describeCertificate((await store.current())?.certificatePem ?? '').names

describe('the certificate of a server', () => {
  it('is taken on as it was found, and renewed with its names', async () => {
    const opened = await open()
    const [found] = await opened.certificates.history()
    expect(found).toMatchObject({ source: 'adopted' })
    const entry = await opened.certificates.renew({}, admin)
    expect(describeCertificate(entry.pair.certificatePem).names).toEqual(['one.test', '127.0.0.1'])
    expect(await read('ssl.cert')).toBe(entry.pair.certificatePem)
    expect(await read('ssl.key')).toBe(entry.pair.keyPem)
    expect((await stat(folder.join('ssl.key'))).mode & 0o077).toBe(0)
    expect(
      (await opened.certificates.history()).map(({ source, by }) => [source, by]),
    ).toContainEqual(['renewed', 'admin'])
  })

  it('keeps its key when that is asked for, and carries the names given', async () => {
    const { certificates } = await open()
    const key = await read('ssl.key')
    const names = ['*.test', '::1']
    await certificates.renew({ names, keepKey: true }, admin)
    expect(await read('ssl.key')).toBe(key)
    expect(describeCertificate(await read('ssl.cert')).names).toEqual(names)
    await expect(certificates.renew({ names: ['two.other'] }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-115',
    })
  })

  it('goes back to the one before', async () => {
    const { certificates } = await open()
    const before = await read('ssl.cert')
    await certificates.renew({}, admin)
    await certificates.rollBack(undefined, admin)
    expect(await read('ssl.cert')).toBe(before)
    now += 400 * dayMs
    await expect(certificates.rollBack(undefined, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-106',
    })
  })

  it('is what somebody put in its place, as soon as the pair is complete', async () => {
    const opened = await open()
    now += 1_000
    const authority = await createAuthority({ commonName: 'Company', now })
    const other = await issueServerCertificate({ authority, names: ['one.test'], now })
    await writeFile(folder.join('ssl.cert'), other.certificatePem)
    await opened.served.refresh()
    expect(await namesServed(opened)).toEqual(['one.test', '127.0.0.1'])
    await writeFile(folder.join('ssl.key'), other.keyPem)
    await opened.served.refresh()
    expect(opened.served.current()).toEqual(other)
    expect((await opened.certificates.history())[0]?.pair).toEqual(other)
  })

  it('is restored at a start when half of it was replaced, and the half is kept', async () => {
    const opened = await open()
    const before = await read('ssl.cert')
    await writeFile(folder.join('ssl.cert'), 'not a certificate')
    await opened.store.repair({ atStart: true })
    expect(await read('ssl.cert')).toBe(before)
    expect(await read('certificates/unusable-ssl.cert')).toBe('not a certificate')
  })

  it('is published to its end when a power cut came between', async () => {
    const opened = await open()
    const [oldCertificate, oldKey] = [await read('ssl.cert'), await read('ssl.key')]
    const { pair } = await opened.certificates.renew({}, admin)
    const state = await read('certificates/state.json')
    for (const cut of ['ssl.key', 'ssl.cert', 'both']) {
      if (cut !== 'ssl.key') await writeFile(folder.join('ssl.cert'), oldCertificate)
      if (cut !== 'ssl.cert') await writeFile(folder.join('ssl.key'), oldKey)
      await writeFile(
        folder.join('certificates/state.json'),
        state.replace('"publishing":false', '"publishing":true'),
      )
      expect(await opened.store.current()).toEqual(pair)
      const next = await open()
      expect(next.served.current()).toEqual(pair)
      expect([await read('ssl.cert'), await read('ssl.key')]).toEqual([
        pair.certificatePem,
        pair.keyPem,
      ])
    }
  })

  it('is replaced by a finished one only when clients would accept that', async () => {
    const { certificates } = await open()
    const authority = await createAuthority({ commonName: 'Company', now })
    const wrong = await issueServerCertificate({ authority, names: ['other.test'], now })
    const inputs = [Buffer.from(wrong.certificatePem), Buffer.from(wrong.keyPem)]
    await expect(certificates.replace({ inputs }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-107',
      message: expect.stringContaining('does not cover one.test') as string,
    })
    await certificates.replace({ inputs, force: true }, admin)
    expect(await read('ssl.key')).toBe(wrong.keyPem)
  })

  it('is signed elsewhere for a request made here', async () => {
    const { certificates } = await open()
    const authority = await createAuthority({ commonName: 'Company', now })
    const { requestPem } = await certificates.createRequest({}, admin)
    const signed = await issueFromRequest({ authority, request: requestPem, now })
    const strange = await issueServerCertificate({ authority, names: ['one.test'], now })
    await expect(
      certificates.completeRequest({ inputs: [Buffer.from(strange.certificatePem)] }, admin),
    ).rejects.toMatchObject({ code: 'MOOR-TLS-108' })
    await certificates.completeRequest({ inputs: [Buffer.from(signed)] }, admin)
    expect(certificatesIn(await read('ssl.cert'))).toEqual(certificatesIn(signed))
    expect(await certificates.findRequest()).toBeUndefined()
  })

  it('follows the name of the configuration', async () => {
    const { certificates } = await open('new.test:8443')
    expect(await certificates.renewIfDue()).toBe('name-missing')
    expect(describeCertificate(await read('ssl.cert')).names).toContain('new.test')
    expect(await certificates.renewIfDue()).toBeUndefined()
  })
})

describe('the key of the authority', () => {
  const confirm = 'Test CA'
  const newPassphrase = 'correct horse battery'

  it('leaves encrypted, by name, and comes back', async () => {
    const { authority, authorities, certificates } = await open()
    const wishes = { confirm, newPassphrase }
    await expect(
      authority.takeOffline({ ...wishes, confirm: 'Another' }, admin),
    ).rejects.toMatchObject({ code: 'MOOR-TLS-111' })
    await expect(
      authority.takeOffline({ ...wishes, newPassphrase: 'short' }, admin),
    ).rejects.toMatchObject({ code: 'MOOR-TLS-112' })
    const { keyPem } = await authority.takeOffline(wishes, admin)
    expect(keyPem).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect((await authorities.find())?.keyPlace).toBe('offline')
    await expect(certificates.renew({}, admin)).rejects.toMatchObject({ code: 'MOOR-TLS-102' })
    await authority.bringBack({ key: keyPem, passphrase: newPassphrase }, admin)
    await certificates.renew({}, admin)
  })

  it('stays behind a passphrase that each renewal needs', async () => {
    const { authority, authorities, certificates } = await open()
    await authority.protect({ newPassphrase }, admin)
    expect((await authorities.find())?.keyPlace).toBe('encrypted')
    await expect(certificates.renew({}, admin)).rejects.toMatchObject({ code: 'MOOR-TLS-003' })
    await certificates.renew({ passphrase: newPassphrase }, admin)
    await expect(certificates.renew({ passphrase: 'another one' }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-004',
    })
  })

  it('of another authority is refused', async () => {
    const { authority } = await open()
    const { keyPem } = await createAuthority({ commonName: 'Other', now })
    await expect(authority.bringBack({ key: keyPem }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-007',
    })
  })
})

describe('another authority', () => {
  it('takes over step by step, while clients of either verify what is served', async () => {
    const opened = await open()
    const { rollovers, distributed } = opened
    const oldCa = await read('ca.crt')
    expect(await rollovers.start({}, admin)).toMatchObject({ crossSigned: true })
    const [old = '', coming = ''] = certificatesIn((await distributed()) ?? '')
    expect(old).toBe(oldCa)
    expect(await verifies(oldCa)).toBe(true)

    await rollovers.switch({}, admin)
    expect(await read('ca.crt')).toBe(coming)
    expect(certificatesIn((await distributed()) ?? '')).toEqual([coming, oldCa])
    expect([await verifies(oldCa), await verifies(coming)]).toEqual([true, true])
    await opened.certificates.renew({}, admin)
    expect([await verifies(oldCa), await verifies(coming)]).toEqual([true, true])

    const confirm = 'Test CA 2026-11-22'
    await expect(rollovers.finish({ confirm: 'Test CA' }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-111',
    })
    await rollovers.finish({ confirm }, admin)
    expect(await distributed()).toBe(coming)
    expect([await verifies(oldCa), await verifies(coming)]).toEqual([false, true])
  })

  it('is given up before it signs, and not afterwards', async () => {
    const { authority, rollovers, distributed } = await open()
    await rollovers.start({}, admin)
    await expect(authority.renew({}, admin)).rejects.toMatchObject({ code: 'MOOR-TLS-109' })
    await rollovers.cancel(admin)
    expect(await distributed()).toBe(await read('ca.crt'))
    await rollovers.start({}, admin)
    await rollovers.switch({}, admin)
    await expect(rollovers.cancel(admin)).rejects.toMatchObject({ code: 'MOOR-TLS-110' })
  })

  async function verifies(trusted: string): Promise<boolean> {
    const [leaf = '', ...chain] = certificatesIn(await read('ssl.cert'))
    await writeFile(folder.join('trusted.pem'), trusted)
    await writeFile(folder.join('leaf.pem'), leaf)
    await writeFile(folder.join('chain.pem'), chain.join(''))
    const args = ['-CAfile', 'trusted.pem', '-untrusted', 'chain.pem', '-purpose', 'sslserver']
    const at = ['-attime', String(Math.floor(now / 1000))]
    return run('openssl', ['verify', ...args, ...at, 'leaf.pem'], { cwd: folder.path }).then(
      () => true,
      () => false,
    )
  }
})

describe('ten years', () => {
  it('pass without a handshake that a client with the first CA refuses', async () => {
    const opened = await open()
    const { served, certificates, expiry, renewal } = opened
    const server = createServer(pairOptions(served.current()))
    served.subscribe((pair) => {
      server.setSecureContext(pairOptions(pair))
    })
    const port = await listening(server)
    await copyFile(folder.join('ca.crt'), folder.join('first-ca.pem'))
    const fingerprints = new Set<string>()
    for (; now < today + 3_640 * dayMs; now += 35 * dayMs) {
      await renewal.step()
      expect(expiry.endsSoon()).toBe(now > today + 3_619 * dayMs)
      const shown = await handshake(port)
      expect(shown).toContain('Verify return code: 0 (ok)')
      fingerprints.add(
        describeCertificate(served.current()?.certificatePem ?? '').sha256Fingerprint,
      )
    }
    server.close()
    expect(fingerprints.size).toBeGreaterThan(10)
    expect(fingerprints.size).toBeLessThan(25)
    const kept = (await certificates.history()).length
    expect(kept).toBeLessThan(5)
  }, 60_000)

  async function handshake(port: number): Promise<string> {
    const time = ['-attime', String(Math.floor(now / 1000))]
    const trust = ['-CAfile', folder.join('first-ca.pem'), '-verify_hostname', 'one.test']
    const args = ['s_client', '-connect', `127.0.0.1:${String(port)}`, ...trust, ...time]
    const child = run('openssl', [...args, '-verify_return_error'])
    child.child.stdin?.end()
    return (await child).stdout
  }
})

const pairOptions = (pair: { certificatePem: string; keyPem: string } | undefined) => ({
  cert: pair?.certificatePem,
  key: pair?.keyPem,
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
