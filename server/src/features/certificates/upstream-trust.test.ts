import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:tls'
import {
  createAuthority,
  fingerprint,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../../test/support/temporary.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { wireCertificates } from '../../wiring/certificates.ts'

const admin = { by: 'admin' }
const now = Date.now()
let one: KeyedCertificate
let other: KeyedCertificate
let leaf: KeyedCertificate
beforeAll(async () => {
  one = await createAuthority({ commonName: 'One / Ünder Test', now })
  other = await createAuthority({ commonName: 'Other', now })
  leaf = await issueServerCertificate({ authority: one, names: ['127.0.0.1'], now })
})

let folder: TemporaryFolder
beforeEach(() => {
  folder = createTemporaryFolder('upstream-trust')
})
afterEach(() => folder.remove())

function open() {
  const { upstreamTrust } = wireCertificates({
    config: {
      ...{ configDir: folder.path, serverHostname: 'one.test' },
      certificates: { lifeDays: 397 },
    },
    clock: { now: () => now },
    random: systemRandom,
    log: createLogger('silent'),
  })
  return upstreamTrust
}

const filesIn = async () => (await readdir(folder.join('extra_ca_certs'))).toSorted()

describe('an authority that the registry shall trust', () => {
  it('becomes a file of its own, once, named after it', async () => {
    const trust = open()
    await trust.add(one.certificatePem + one.keyPem, {}, admin)
    await trust.add(one.certificatePem, { name: 'again' }, admin)
    const [name = '', ...others] = await filesIn()
    expect(others).toEqual([])
    expect(name).toMatch(/^one-nder-test-[0-9a-f]{16}\.crt$/)
    expect(await readFile(folder.join('extra_ca_certs', name), 'utf8')).toBe(one.certificatePem)
  })

  it('goes by its fingerprint, and leaves those beside it', async () => {
    const trust = open()
    await trust.add(one.certificatePem + other.certificatePem, { name: 'both.pem' }, admin)
    await writeFile(folder.join('extra_ca_second.crt'), one.certificatePem)
    const bare = fingerprint(one.certificatePem).replaceAll(':', '').toLowerCase()
    await trust.remove(bare, admin)
    expect(await trust.list()).toEqual([
      { file: 'extra_ca_certs/both.pem', certificates: [other.certificatePem] },
    ])
    await expect(trust.remove(bare, admin)).rejects.toMatchObject({ code: 'MOOR-TLS-126' })
    await trust.remove(fingerprint(other.certificatePem), admin)
    expect(await filesIn()).toEqual([])
  })

  it('is refused when it would help nobody', async () => {
    const trust = open()
    const ended = await createAuthority({ commonName: 'Old', now: now - 4e11, years: 1 })
    for (const [pem, code] of [
      [leaf.certificatePem, 'MOOR-TLS-123'],
      [ended.certificatePem, 'MOOR-TLS-124'],
      ['nothing', 'MOOR-TLS-001'],
    ] as const) {
      await expect(trust.add(pem, {}, admin)).rejects.toMatchObject({ code })
    }
    expect(await trust.list()).toEqual([])
  })

  it('never takes the place of another file, or one outside the folder', async () => {
    const trust = open()
    await trust.add(one.certificatePem, { name: 'site' }, admin)
    await expect(trust.add(other.certificatePem, { name: 'site' }, admin)).rejects.toMatchObject({
      code: 'MOOR-TLS-128',
    })
    for (const name of ['../site', '/etc/site', '..', '.hidden', 'a/b', '']) {
      await expect(trust.add(other.certificatePem, { name }, admin)).rejects.toThrow(TypeError)
    }
    expect(await filesIn()).toEqual(['site.crt'])
  })

  it('lies beside a file of that name, and what a power cut left does not count', async () => {
    await writeFile(folder.join('extra_ca_certs'), other.certificatePem)
    const trust = open()
    await trust.add(one.certificatePem, { name: 'site' }, admin)
    await writeFile(folder.join('extra_ca_third.crt.part'), leaf.certificatePem)
    expect((await trust.list()).map(({ file }) => file)).toEqual([
      'extra_ca_certs',
      'extra_ca_site.crt',
    ])
  })
})

describe('the authority of a server', () => {
  let server: Server
  let target: { host: string; port: number }
  beforeEach(async () => {
    const cert = leaf.certificatePem + one.certificatePem
    server = createServer({ cert, key: leaf.keyPem })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    await mkdir(folder.join('extra_ca_certs'))
  })
  afterEach(() => {
    server.close()
  })

  it('is shown first and trusted by the fingerprint that was compared', async () => {
    const trust = open()
    const { chain, problem } = await trust.fetch(target)
    expect(chain.map(fingerprint)).toEqual([leaf, one].map((it) => fingerprint(it.certificatePem)))
    expect(problem).toBeTypeOf('string')
    expect(await trust.list()).toEqual([])
    const take = (pem: string) =>
      trust.addFromServer({ ...target, fingerprint: fingerprint(pem) }, { name: 'it' }, admin)
    await expect(take(leaf.certificatePem)).rejects.toMatchObject({ code: 'MOOR-TLS-125' })
    await expect(take(other.certificatePem)).rejects.toMatchObject({ code: 'MOOR-TLS-126' })
    await take(one.certificatePem)
    expect(await trust.list()).toEqual([
      { file: 'extra_ca_certs/it.crt', certificates: [one.certificatePem] },
    ])
  })

  it('of nobody is an answer, not a failure', async () => {
    server.close()
    await expect(open().fetch({ ...target, port: 1 })).rejects.toMatchObject({
      code: 'MOOR-TLS-127',
      message: 'No TLS server answers at 127.0.0.1:1: ECONNREFUSED.',
    })
  })
})
