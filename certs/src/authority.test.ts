import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  authorityBundle,
  certificatesIn,
  checkKeyMatches,
  createAuthority,
  createSigningRequest,
  crossSign,
  describeCertificate,
  issueServerCertificate,
  keyTypes,
  publicKeyFingerprint,
  renewAuthority,
  type KeyedCertificate,
} from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const yearMs = 365.25 * 86_400_000
const now = Date.UTC(2027, 0, 15)
const names = ['registry.example.com', '2001:db8::5']

let openssl: Openssl
let old: KeyedCertificate
beforeAll(async () => {
  openssl = await createOpenssl()
  old = await createAuthority({ commonName: 'Old CA', now })
})
afterAll(() => openssl[Symbol.asyncDispose]())

describe('a new authority', () => {
  test.each(keyTypes)('with an %s key issues what openssl verifies', async (keyType) => {
    const authority = await createAuthority({ commonName: 'CA', now, keyType })
    expect(describeCertificate(authority.certificatePem).keyType).toBe(keyType)
    const server = await issueServerCertificate({ authority, names, now })
    const trust = authority.certificatePem
    expect(await openssl.verify(server.certificatePem, { trust, at: now })).toBe('OK')
  })

  test('carries organization and country, whatever they hold', async () => {
    const { certificatePem } = await createAuthority({
      commonName: '倉庫 "CA", #1',
      organization: 'Example, Inc.',
      country: 'JP',
      now,
    })
    const path = await openssl.write(certificatePem)
    const shown = await openssl.run('x509', '-in', path, '-noout', '-subject', '-nameopt', 'utf8')
    expect(shown.trim()).toBe('subject=C=JP, O=Example, Inc., CN=倉庫 "CA", #1')
  })

  test('of thirty years ends on the same day', async () => {
    const { certificatePem } = await createAuthority({ commonName: 'CA', now, years: 30 })
    expect(describeCertificate(certificatePem).notAfter).toBe(Date.UTC(2057, 0, 15))
  })

  test.each([
    [{ years: 0 }, 'validity-invalid'],
    [{ years: 31 }, 'validity-invalid'],
    [{ years: 1.5 }, 'validity-invalid'],
    [{ country: 'Japan' }, 'subject-invalid'],
    [{ organization: 'a\nb' }, 'subject-invalid'],
    [{ commonName: ' ' }, 'subject-invalid'],
    [{ permitted: { domains: ['*.example.com'] } }, 'constraint-invalid'],
    [{ permitted: { domains: ['10.0.0.1'] } }, 'constraint-invalid'],
    [{ permitted: { ranges: ['10.0.0.0/33'] } }, 'constraint-invalid'],
    [{ permitted: { ranges: ['example.com'] } }, 'constraint-invalid'],
  ])('is refused with %j', async (wrong, problem) => {
    const creating = createAuthority({ commonName: 'CA', now, ...wrong })
    await expect(creating).rejects.toMatchObject({ problem })
  })
})

describe('name constraints', () => {
  const trustOf = ({ certificatePem }: KeyedCertificate) => certificatePem
  let constrained: KeyedCertificate
  beforeAll(async () => {
    const permitted = { domains: ['example.com'], ranges: ['10.1.0.0/16', '2001:db8::/33'] }
    constrained = await createAuthority({ commonName: 'Constrained CA', now, permitted })
  })

  // Our own rules and openssl's have to agree.
  test.each([
    ['example.com', true],
    ['a.b.example.com', true],
    ['*.example.com', true],
    ['10.1.255.255', true],
    ['2001:db8:7fff::1', true],
    ['notexample.com', false],
    ['example.com.evil.net', false],
    ['10.2.0.1', false],
    ['2001:db8:8000::1', false],
    ['::ffff:10.1.0.1', false],
  ])('%s is certified: %s', async (name, isPermitted) => {
    const issuing = issueServerCertificate({ authority: constrained, names: [name], now })
    const trust = constrained.certificatePem
    if (isPermitted) {
      const { certificatePem } = await issuing
      expect(await openssl.verify(certificatePem, { trust, at: now })).toBe('OK')
    } else {
      await expect(issuing).rejects.toMatchObject({ problem: 'name-not-permitted' })
      const forced = await signedRegardless(name)
      const said = await openssl.verify(forced, { trust, options: ['-no_check_time'] })
      expect(said).toContain('permitted subtree violation')
    }
  })

  /** By openssl, which signs whatever it is told to. */
  async function signedRegardless(name: string): Promise<string> {
    const { requestPem } = await createSigningRequest({ names: [name] })
    const files = [requestPem, trustOf(constrained), constrained.keyPem].map(openssl.write)
    const [request = '', ca = '', key = ''] = await Promise.all(files)
    return openssl.run(
      ...['x509', '-req', '-in', request, '-CA', ca, '-CAkey', key, '-days', '3650'],
      ...['-copy_extensions', 'copy'],
    )
  }

  test('an empty list permits nothing of its kind', async () => {
    const permitted = { domains: ['example.com'], ranges: [] }
    const authority = await createAuthority({ commonName: 'No addresses', now, permitted })
    const issue = (name: string) => issueServerCertificate({ authority, names: [name], now })
    await expect(issue('10.0.0.1')).rejects.toMatchObject({ problem: 'name-not-permitted' })
    await expect(issue('::1')).rejects.toMatchObject({ problem: 'name-not-permitted' })
    const { certificatePem } = await issue('example.com')
    const trust = authority.certificatePem
    expect(await openssl.verify(certificatePem, { trust, at: now })).toBe('OK')
  })
})

describe('a renewed authority', () => {
  test('verifies what was issued before, and keeps its constraints', async () => {
    const permitted = { domains: ['example.com'] }
    const authority = await createAuthority({ commonName: 'CA', now, permitted, years: 1 })
    const server = await issueServerCertificate({ authority, names: ['example.com'], now })
    const later = now + 0.9 * yearMs
    const renewed = await renewAuthority({ authority, now: later })
    expect(renewed.keyPem).toBe(authority.keyPem)
    expect(publicKeyFingerprint(renewed.certificatePem)).toBe(
      publicKeyFingerprint(authority.certificatePem),
    )
    const [before, after] = [authority, renewed].map(({ certificatePem }) =>
      describeCertificate(certificatePem),
    )
    expect(after?.subject).toBe(before?.subject)
    expect(after?.serial).not.toBe(before?.serial)
    const trust = renewed.certificatePem
    const [leaf = ''] = certificatesIn(server.certificatePem)
    expect(await openssl.verify(leaf, { trust, at: later })).toBe('OK')
    const foreign = issueServerCertificate({ authority: renewed, names: ['a.net'], now: later })
    await expect(foreign).rejects.toMatchObject({ problem: 'name-not-permitted' })
  })

  test('can be had when the old one ended already', async () => {
    const renewed = await renewAuthority({ authority: old, now: now + 20 * yearMs, years: 2 })
    const { notBefore, notAfter } = describeCertificate(renewed.certificatePem)
    expect(notAfter - notBefore).toBeGreaterThan(2 * 364 * 86_400_000)
  })

  test('is refused to one that somebody else certified', async () => {
    const successor = await createAuthority({ commonName: 'New CA', now })
    const crossed = await crossSign({ certificatePem: successor.certificatePem, by: old, now })
    const authority = { certificatePem: crossed, keyPem: successor.keyPem }
    await expect(renewAuthority({ authority, now })).rejects.toMatchObject({
      problem: 'authority-invalid',
    })
  })
})

describe('a successor that the old authority signed', () => {
  const later = now + 6 * yearMs
  let successor: KeyedCertificate
  let crossed = ''
  beforeAll(async () => {
    successor = await createAuthority({ commonName: 'New CA', now: later, keyType: 'ecdsa-p384' })
    crossed = await crossSign({ certificatePem: successor.certificatePem, by: old, now: later })
  })

  test('is accepted by clients that trust either', async () => {
    const certificatePem = successor.certificatePem + crossed
    const authority = { certificatePem, keyPem: successor.keyPem }
    const server = await issueServerCertificate({ authority, names, now: later })
    expect(certificatesIn(server.certificatePem)).toEqual([expect.any(String), crossed])
    for (const trust of [old.certificatePem, successor.certificatePem]) {
      expect(await openssl.verify(server.certificatePem, { trust, at: later })).toBe('OK')
    }
  })

  test('is certified no longer than the old one lives', () => {
    const { notAfter, issuer } = describeCertificate(crossed)
    expect(notAfter).toBe(describeCertificate(old.certificatePem).notAfter)
    expect(issuer).toBe('CN=Old CA')
    expect(publicKeyFingerprint(crossed)).toBe(publicKeyFingerprint(successor.certificatePem))
  })

  test('may not sign a further one', async () => {
    const third = await createAuthority({ commonName: 'Third CA', now: later })
    const by = { certificatePem: crossed, keyPem: successor.keyPem }
    const signing = crossSign({ certificatePem: third.certificatePem, by, now: later })
    await expect(signing).rejects.toMatchObject({ problem: 'path-length' })
  })

  test('has to be an authority, and the old one still valid', async () => {
    const server = await issueServerCertificate({ authority: old, names, now })
    const signing = crossSign({ certificatePem: server.certificatePem, by: old, now })
    await expect(signing).rejects.toMatchObject({ problem: 'authority-invalid' })
    const { certificatePem } = successor
    const late = crossSign({ certificatePem, by: old, now: now + 11 * yearMs })
    await expect(late).rejects.toMatchObject({ problem: 'authority-expired' })
    const early = crossSign({ certificatePem, by: old, now: now - yearMs })
    await expect(early).rejects.toMatchObject({ problem: 'authority-not-yet-valid' })
  })

  test('is handed out together with the old one, each once', async () => {
    const both = [old.certificatePem, successor.certificatePem]
    expect(authorityBundle([...both, ...both])).toBe(both.join(''))
    const server = await issueServerCertificate({ authority: old, names, now })
    expect(() => authorityBundle([server.certificatePem])).toThrow(/no authority/)
  })
})

describe('a server certificate', () => {
  test('never begins before its authority', async () => {
    const { certificatePem } = await issueServerCertificate({ authority: old, names, now })
    const begin = describeCertificate(old.certificatePem).notBefore
    expect(describeCertificate(certificatePem).notBefore).toBe(begin)
    const later = now + 40 * 86_400_000
    const next = await issueServerCertificate({ authority: old, names, now: later })
    expect(describeCertificate(next.certificatePem).notBefore).toBe(later - 86_400_000)
  })

  test('keeps the key it is given', async () => {
    const { keyPem } = await issueServerCertificate({ authority: old, names, now })
    const again = await issueServerCertificate({ authority: old, names, now, keyPem })
    expect(again.keyPem).toBe(keyPem)
    expect(checkKeyMatches(again.certificatePem, keyPem)).toBe(true)
  })

  test.each([0, 826, 30.5])('is not issued for %d days', async (lifeDays) => {
    const issuing = issueServerCertificate({ authority: old, names, now, lifeDays })
    await expect(issuing).rejects.toMatchObject({ problem: 'validity-invalid' })
  })

  test('of a company authority is served with the whole chain', async () => {
    const company = await createAuthority({ commonName: 'Company', now })
    const intermediate = await crossSign({ certificatePem: company.certificatePem, by: old, now })
    const authority = {
      certificatePem: intermediate + old.certificatePem,
      keyPem: company.keyPem,
    }
    const server = await issueServerCertificate({ authority, names, now })
    const [, ...issuers] = certificatesIn(server.certificatePem)
    expect(issuers).toEqual([intermediate, old.certificatePem])
    const trust = old.certificatePem
    expect(await openssl.verify(server.certificatePem, { trust, at: now })).toBe('OK')
  })
})
