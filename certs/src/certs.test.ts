import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CertificateError,
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  fingerprint,
  isCertificateName,
  issueServerCertificate,
  type KeyedCertificate,
} from './certs.ts'

const run = promisify(execFile)
const dayMs = 86_400_000
// The handshake and `openssl verify` use the machine's own clock.
const now = Math.floor(Date.now() / 1_000) * 1_000
const names = ['registry.example.com', 'localhost', '127.0.0.1', '::1']

let folder = ''
let authority: KeyedCertificate
let server: KeyedCertificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-certs-'))
  authority = await createAuthority({ commonName: 'Mooring CA, "test"', now })
  server = await issueServerCertificate({ authority, names, now })
})
afterAll(() => rm(folder, { recursive: true }))

async function openssl(pem: string, ...args: string[]): Promise<string> {
  const file = join(folder, 'shown.pem')
  await writeFile(file, pem)
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', ...args])
  return stdout
}

function issuedBy(authorityPem: string, chainPem: string): Promise<string> {
  const [ca, chain] = [join(folder, 'ca.pem'), join(folder, 'chain.pem')]
  return Promise.all([writeFile(ca, authorityPem), writeFile(chain, chainPem)])
    .then(() =>
      run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca, chain]),
    )
    .then(({ stdout }) => stdout)
}

describe('an authority', () => {
  test('may sign servers, revocation lists and its own successor', async () => {
    const text = await openssl(authority.certificatePem, '-text')
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:1/)
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    expect(text).toContain('X509v3 Subject Key Identifier')
  })

  test('starts a day early and lives ten years', () => {
    expect(describeCertificate(authority.certificatePem)).toMatchObject({
      subject: 'CN=Mooring CA\\, \\"test\\"',
      notBefore: now - dayMs,
      notAfter: new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() + 10),
      keyType: 'ecdsa-p256',
      isAuthority: true,
    })
  })

  test('has a positive serial number of at most 20 octets, never the same twice', async () => {
    const serials = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const { certificatePem } = await createAuthority({ commonName: 'CA', now })
      const { serial } = describeCertificate(certificatePem)
      expect(serial).toMatch(/^[4-7][0-9A-F]{1,39}$/)
      serials.add(serial)
    }
    expect(serials.size).toBe(20)
  })
})

describe('a server certificate', () => {
  test('is verified by openssl', async () => {
    expect(await issuedBy(authority.certificatePem, server.certificatePem)).toContain(': OK')
  })

  test('names hosts and addresses of both families', async () => {
    const text = await openssl(server.certificatePem, '-ext', 'subjectAltName')
    expect(text).toContain(
      'DNS:registry.example.com, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(describeCertificate(server.certificatePem).names).toEqual(names)
  })

  test('is for TLS servers, and says whose key signed it', async () => {
    const text = await openssl(server.certificatePem, '-text')
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/Extended Key Usage: ?\s+TLS Web Server Authentication\n/)
    const keyId = /Subject Key Identifier: ?\s+([0-9A-F:]+)/
    const own = keyId.exec(await openssl(authority.certificatePem, '-text'))?.[1] ?? 'none'
    expect(text).toMatch(new RegExp(`Authority Key Identifier: ?\\s+(?:keyid:)?${own}`))
  })

  test('is described as issued, the chain behind it', () => {
    const described = describeCertificate(server.certificatePem)
    expect(described).toMatchObject({
      subject: 'CN=registry.example.com',
      issuer: 'CN=Mooring CA\\, \\"test\\"',
      notBefore: now - dayMs,
      notAfter: now + 397 * dayMs,
      isAuthority: false,
    })
    expect(server.certificatePem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(server.certificatePem.endsWith(authority.certificatePem)).toBe(true)
  })

  test('does not outlive its authority', async () => {
    const short = await createAuthority({ commonName: 'CA', now, years: 1 })
    const { certificatePem } = await issueServerCertificate({ authority: short, names, now })
    expect(describeCertificate(certificatePem).notAfter).toBe(
      describeCertificate(short.certificatePem).notAfter,
    )
  })

  test('keeps the whole of a long name beside a common name of 64 characters', async () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`
    const { certificatePem } = await issueServerCertificate({ authority, names: [long], now })
    expect(describeCertificate(certificatePem)).toMatchObject({
      subject: `CN=${long.slice(0, 64)}`,
      names: [long],
    })
  })

  test.each(['rsa-3072', 'rsa-4096'] as const)('can have an %s key', async (keyType) => {
    const { certificatePem, keyPem } = await issueServerCertificate({
      authority,
      names,
      now,
      keyType,
    })
    expect(describeCertificate(certificatePem).keyType).toBe(keyType)
    expect(checkKeyMatches(certificatePem, keyPem)).toBe(true)
    expect(await issuedBy(authority.certificatePem, certificatePem)).toContain(': OK')
    expect(await openssl(certificatePem, '-text')).toContain('Digital Signature, Key Encipherment')
  })

  test('can be issued by an RSA authority', async () => {
    const rsa = await createAuthority({ commonName: 'RSA CA', now, keyType: 'rsa-3072' })
    const { certificatePem } = await issueServerCertificate({ authority: rsa, names, now })
    expect(await issuedBy(rsa.certificatePem, certificatePem)).toContain(': OK')
  })

  test.each([
    ['::1', '::1'],
    ['[2001:DB8:0:0::5]', '2001:db8::5'],
    ['Registry.EXAMPLE.com', 'registry.example.com'],
    ['*.example.com', '*.example.com'],
    ['build_box', 'build_box'],
  ])('the name %s is issued as %s', async (given, issued) => {
    const { certificatePem } = await issueServerCertificate({
      authority,
      names: [given, given],
      now,
    })
    expect(describeCertificate(certificatePem).names).toEqual([issued])
    expect(isCertificateName(given)).toBe(true)
  })

  test.each(['', 'fe80::1%eth0', 'a b', 'host:8443', 'a..b', '-a', 'a/b', '*.*.com', "a';id;'"])(
    'the name %j is refused',
    async (name) => {
      const issuing = issueServerCertificate({ authority, names: [name], now })
      await expect(issuing).rejects.toMatchObject({ problem: 'name-invalid' })
      expect(isCertificateName(name)).toBe(false)
    },
  )

  test.each([
    ['without names', 'names-missing', () => ({ authority, names: [], now })],
    [
      'from a certificate that is no authority',
      'authority-invalid',
      () => ({ authority: server, names, now }),
    ],
    [
      'after the authority ended',
      'authority-expired',
      () => ({ authority, names, now: now + 3_660 * dayMs }),
    ],
    [
      'with a foreign key',
      'authority-invalid',
      () => ({ authority: { ...authority, keyPem: server.keyPem }, names, now }),
    ],
    [
      'with a key that is none',
      'key-unreadable',
      () => ({ authority: { ...authority, keyPem: 'secret words' }, names, now }),
    ],
    [
      'with a certificate that is none',
      'certificate-unreadable',
      () => ({ authority: { ...authority, certificatePem: '' }, names, now }),
    ],
  ])('is not issued %s', async (_case, problem, request) => {
    const issuing = issueServerCertificate(request())
    await expect(issuing).rejects.toThrow(CertificateError)
    await expect(issuing).rejects.toMatchObject({ problem })
    await expect(issuing).rejects.not.toThrow(/secret words/)
  })
})

describe('a TLS client that trusts the authority', () => {
  test.each([
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
  ])('accepts the server as %s', async (name, address) => {
    const listener = createServer({ cert: server.certificatePem, key: server.keyPem })
    listener.listen(0, address)
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const client = connect({
      host: address,
      port,
      ca: authority.certificatePem,
      ...(name === address ? {} : { servername: name }),
    })
    try {
      await once(client, 'secureConnect')
      expect(client.authorized).toBe(true)
    } finally {
      client.destroy()
      listener.close()
      await once(listener, 'close')
    }
  })
})

describe('reading', () => {
  test('the fingerprint is the one that openssl prints', async () => {
    const printed = await openssl(server.certificatePem, '-fingerprint', '-sha256')
    expect(printed.trim().toLowerCase()).toBe(
      `sha256 fingerprint=${fingerprint(server.certificatePem)}`.toLowerCase(),
    )
    expect(describeCertificate(server.certificatePem).sha256Fingerprint).toBe(
      fingerprint(server.certificatePem),
    )
  })

  test('a key that belongs to another certificate is noticed', () => {
    expect(checkKeyMatches(server.certificatePem, server.keyPem)).toBe(true)
    expect(checkKeyMatches(server.certificatePem, authority.keyPem)).toBe(false)
  })

  test('text that is no certificate or key is refused', () => {
    expect(() => describeCertificate('words')).toThrow(CertificateError)
    expect(() => fingerprint('')).toThrow(CertificateError)
    expect(() => checkKeyMatches(server.certificatePem, 'words')).toThrow(CertificateError)
  })
})
