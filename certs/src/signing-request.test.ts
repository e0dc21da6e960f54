import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  checkKeyMatches,
  createAuthority,
  createSigningRequest,
  describeCertificate,
  issueFromRequest,
  keyTypes,
  publicKeyFingerprint,
  readCertificateBundle,
  readSigningRequest,
  type KeyedCertificate,
} from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const now = Date.UTC(2027, 0, 15)
const names = ['registry.example.com', '*.example.com', '10.0.0.5', '2001:db8::5']

let openssl: Openssl
let authority: KeyedCertificate
beforeAll(async () => {
  openssl = await createOpenssl()
  authority = await createAuthority({ commonName: 'CA', now })
})
afterAll(() => openssl[Symbol.asyncDispose]())

test.each(keyTypes)('a request with an %s key is verified by openssl', async (keyType) => {
  const { requestPem } = await createSigningRequest({ names, keyType, organization: 'Ä, B' })
  const file = await openssl.write(requestPem)
  const shown = await openssl.run('req', '-in', file, '-noout', '-verify', '-text')
  expect(shown).toContain(
    'DNS:registry.example.com, DNS:*.example.com, IP Address:10.0.0.5, IP Address:2001:DB8:0:0:0:0:0:5',
  )
  expect(await readSigningRequest(requestPem)).toMatchObject({ keyType, names })
})

test('a certificate signed elsewhere comes back to the key that asked for it', async () => {
  const { requestPem, keyPem } = await createSigningRequest({ names, country: 'JP' })
  const [request, ca, key] = await Promise.all(
    [requestPem, authority.certificatePem, authority.keyPem].map(openssl.write),
  )
  const signed = await openssl.run(
    ...['x509', '-req', '-in', request ?? '', '-CA', ca ?? '', '-CAkey', key ?? ''],
    ...['-copy_extensions', 'copy'],
  )
  const files = [signed, authority.certificatePem, keyPem].map((one) => Buffer.from(one))
  const found = await readCertificateBundle(files)
  expect(found).toMatchObject({ keyPem, chain: [authority.certificatePem], extras: [] })
  expect(describeCertificate(found.leaf).names).toEqual(names)
})

describe('a request signed here', () => {
  test('becomes a certificate of its key and names', async () => {
    const { requestPem, keyPem } = await createSigningRequest({ names })
    const chain = await issueFromRequest({ authority, request: requestPem, now })
    expect(checkKeyMatches(chain, keyPem)).toBe(true)
    expect(describeCertificate(chain).names).toEqual(names)
    const { publicKeyFingerprint: asked } = await readSigningRequest(requestPem)
    expect(publicKeyFingerprint(chain)).toBe(asked)
    const trust = authority.certificatePem
    expect(await openssl.verify(chain, { trust, at: now })).toBe('OK')
  })

  test('may come from openssl as DER, with nothing but a common name', async () => {
    const out = openssl.file('theirs.der')
    await openssl.run(
      ...['req', '-new', '-newkey', 'rsa:2048', '-noenc', '-keyout', openssl.file('theirs.key')],
      ...['-subj', '/O=Example/CN=other.example.com', '-outform', 'DER', '-out', out],
    )
    const request = await readFile(out)
    expect(await readSigningRequest(request)).toMatchObject({
      subject: 'CN=other.example.com, O=Example',
      names: [],
      keyType: 'rsa-2048',
    })
    const chain = await issueFromRequest({ authority, request, now })
    expect(describeCertificate(chain).names).toEqual(['other.example.com'])
  })

  test('cannot ask to be an authority', async () => {
    const { keyPem } = await createSigningRequest({ names })
    const key = await openssl.write(keyPem)
    const request = await openssl.run(
      ...['req', '-new', '-key', key, '-subj', '/CN=evil.example.com'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'],
    )
    const chain = await issueFromRequest({ authority, request, now })
    expect(describeCertificate(chain).isAuthority).toBe(false)
    const file = await openssl.write(chain)
    const shown = await openssl.run('x509', '-in', file, '-noout', '-ext', 'keyUsage')
    expect(shown).not.toContain('Certificate Sign')
  })

  test('is given other names when those are asked for', async () => {
    const { requestPem } = await createSigningRequest({ names })
    const other = ['other.example.com']
    const chain = await issueFromRequest({ authority, request: requestPem, names: other, now })
    expect(describeCertificate(chain).names).toEqual(other)
  })
})

describe('refused is', () => {
  test('a request that was changed on its way', async () => {
    const { requestPem } = await createSigningRequest({ names: ['aaaa.example.com'] })
    const body = requestPem.replaceAll(/-----[^-]+-----|\n/g, '')
    const bytes = Buffer.from(body, 'base64')
    bytes.write('bbbb', bytes.indexOf('aaaa.example.com'))
    const problem = 'request-signature-invalid'
    await expect(readSigningRequest(bytes)).rejects.toMatchObject({ problem })
    await expect(issueFromRequest({ authority, request: bytes, now })).rejects.toMatchObject({
      problem,
    })
  })

  test.each(['', 'words', '-----BEGIN CERTIFICATE REQUEST-----\nMII\n'])('%j', async (text) => {
    await expect(readSigningRequest(text)).rejects.toMatchObject({ problem: 'request-unreadable' })
  })

  test('a certificate in the place of a request', async () => {
    await expect(readSigningRequest(authority.certificatePem)).rejects.toMatchObject({
      problem: 'request-unreadable',
    })
  })

  test('a weak key', async () => {
    const request = await openssl.run(
      ...['req', '-new', '-newkey', 'rsa:1024', '-noenc', '-keyout', openssl.file('weak.key')],
      ...['-subj', '/CN=a.example.com'],
    )
    const issuing = issueFromRequest({ authority, request, now })
    await expect(issuing).rejects.toMatchObject({ problem: 'key-type-unsupported' })
  })

  test('a megabyte', async () => {
    const reading = readSigningRequest(Buffer.alloc(2_000_000))
    await expect(reading).rejects.toMatchObject({ problem: 'input-too-large' })
  })
})
