import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  certificatesIn,
  createAuthority,
  crossSign,
  issueServerCertificate,
  readCertificateBundle,
  toDer,
  toPkcs12,
  toPkcs7,
  type KeyedCertificate,
} from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const now = Date.UTC(2027, 0, 15)
const password = 'pä日本 "word"'
const bytes = (text: string) => Buffer.from(text)

let openssl: Openssl
let root: KeyedCertificate
let intermediate: KeyedCertificate
let server: KeyedCertificate
/** Own certificate, intermediate, root. */
let chain: readonly string[]
let other: KeyedCertificate

beforeAll(async () => {
  openssl = await createOpenssl()
  root = await createAuthority({ commonName: 'Root', now })
  const below = await createAuthority({ commonName: 'Intermediate', now })
  const crossed = await crossSign({ certificatePem: below.certificatePem, by: root, now })
  intermediate = { certificatePem: crossed + root.certificatePem, keyPem: below.keyPem }
  server = await issueServerCertificate({ authority: intermediate, names: ['a.example'], now })
  chain = certificatesIn(server.certificatePem)
  other = await issueServerCertificate({ authority: root, names: ['b.example'], now })
})
afterAll(() => openssl[Symbol.asyncDispose]())

function expected(withKey: boolean) {
  const [leaf, ...issuers] = chain
  return { leaf, chain: issuers, extras: [], ...(withKey ? { keyPem: server.keyPem } : {}) }
}

describe('a bundle', () => {
  test('is put in order, whatever order it came in', async () => {
    const parts = [...chain, server.keyPem]
    for (const order of [
      [3, 2, 1, 0],
      [1, 3, 0, 2],
      [2, 0, 3, 1],
      [0, 1, 2, 3],
    ]) {
      const text = order.map((at) => parts[at]).join('some words\n')
      expect(await readCertificateBundle([bytes(text)])).toEqual(expected(true))
      const files = order.map((at) => bytes(parts[at] ?? ''))
      expect(await readCertificateBundle(files)).toEqual(expected(true))
    }
  })

  test('is read with the line ends of Windows', async () => {
    const text = [...chain, server.keyPem].join('').replaceAll('\n', '\r\n')
    expect(await readCertificateBundle([bytes(text)])).toEqual(expected(true))
  })

  test('is read from DER, the key as well', async () => {
    const files = [...chain].reverse().map(toDer)
    const key = await openssl.write(server.keyPem)
    await openssl.run('pkey', '-in', key, '-outform', 'DER', '-out', openssl.file('key.der'))
    const keyDer = await readFile(openssl.file('key.der'))
    expect(await readCertificateBundle([keyDer, ...files])).toEqual(expected(true))
  })

  test("is read from PKCS#7, ours and openssl's, DER and PEM", async () => {
    const ours = toPkcs7(server.certificatePem)
    expect(await readCertificateBundle([ours])).toEqual(expected(false))
    const shown = await openssl.run(
      'pkcs7',
      '-inform',
      'DER',
      '-in',
      await openssl.write(ours),
      '-print_certs',
    )
    expect(shown.match(/subject=/g)).toHaveLength(3)
    const file = await openssl.write(server.certificatePem)
    const theirs = await openssl.run('crl2pkcs7', '-nocrl', '-certfile', file)
    expect(await readCertificateBundle([bytes(theirs)])).toEqual(expected(false))
  })

  test("without a key and without a server is the lowest authority's", async () => {
    const { certificatePem } = intermediate
    const [leaf, issuer] = certificatesIn(certificatePem)
    const found = await readCertificateBundle([bytes(root.certificatePem), bytes(certificatePem)])
    expect(found).toEqual({ leaf, chain: [issuer], extras: [] })
  })

  test('of an authority and its key can issue', async () => {
    const files = [root.certificatePem, intermediate.keyPem, chain[1] ?? ''].map(bytes)
    const { leaf, chain: issuers, keyPem = '' } = await readCertificateBundle(files)
    const authority = { certificatePem: [leaf, ...issuers].join(''), keyPem }
    const issued = await issueServerCertificate({ authority, names: ['c.example'], now })
    const trust = root.certificatePem
    expect(await openssl.verify(issued.certificatePem, { trust, at: now })).toBe('OK')
  })

  test('keeps apart what does not belong to the chain', async () => {
    const [foreign = ''] = certificatesIn(other.certificatePem)
    const found = await readCertificateBundle([foreign, ...chain, server.keyPem].map(bytes))
    expect(found).toEqual({ ...expected(true), extras: [foreign] })
  })
})

describe('PKCS#12', () => {
  test.each(['ecdsa-p256', 'rsa-3072'] as const)(
    'with an %s key is read by openssl, and by us again',
    async (keyType) => {
      const keyed = await issueServerCertificate({
        authority: intermediate,
        names: ['a.example'],
        now,
        keyType,
      })
      const file = await toPkcs12({ ...keyed, password, friendlyName: 'my key' })
      const { keyPem, leaf, chain: issuers } = await readCertificateBundle([file], password)
      expect([leaf, ...issuers].join('')).toBe(keyed.certificatePem)
      expect(keyPem).toBe(keyed.keyPem)
      const path = await openssl.write(file)
      const shown = await openssl.run(
        'pkcs12',
        '-in',
        path,
        '-passin',
        `pass:${password}`,
        '-noenc',
      )
      expect(shown).toContain('friendlyName: my key')
      expect(shown.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
      expect(shown).toContain(keyed.keyPem)
    },
  )

  test.each([
    ['AES-256', []],
    ['3DES and RC2', ['-legacy']],
    ['3DES alone', ['-legacy', '-descert']],
    ['open certificates', ['-certpbe', 'NONE']],
    ['an open key', ['-keypbe', 'NONE']],
    ['SHA-512', ['-macalg', 'sha512']],
    ['no authentication', ['-nomac']],
  ])('of openssl with %s is read', async (_name, options) => {
    const [certificates, key] = [server.certificatePem, server.keyPem].map(openssl.write)
    const file = openssl.file('theirs.p12')
    await openssl.run(
      ...['pkcs12', '-export', '-in', (await certificates) ?? '', '-inkey', (await key) ?? ''],
      ...['-passout', `pass:${password}`, '-out', file, ...options],
    )
    const content = await readFile(file)
    expect(await readCertificateBundle([content], password)).toEqual(expected(true))
    await expect(readCertificateBundle([content], 'other')).rejects.toMatchObject({
      problem: 'password-wrong',
    })
  })

  test('asks for the password it needs', async () => {
    const file = await toPkcs12({ ...server, password })
    const reading = readCertificateBundle([file])
    await expect(reading).rejects.toMatchObject({ problem: 'password-needed' })
  })

  test('is not made of a certificate and another key', async () => {
    const making = toPkcs12({ ...server, keyPem: other.keyPem, password })
    await expect(making).rejects.toMatchObject({ problem: 'key-mismatch' })
  })

  test('that counts for hours is refused at once', async () => {
    const file = await toPkcs12({ ...server, password })
    // 20480 iterations of PBKDF2 and of the authentication become two thousand million.
    const count = Buffer.from([0x02, 0x02, 0x50, 0x00])
    const at = file.lastIndexOf(count)
    const much = Buffer.concat([
      file.subarray(0, at),
      Buffer.from([0x02, 0x04, 0x7f, 0xff, 0xff, 0xff]),
    ])
    // Two octets more inside the file and inside its last part, whose lengths stay one octet each.
    much.writeUInt16BE(much.readUInt16BE(2) + 2, 2)
    const mac = much.lastIndexOf(Buffer.from([0x30, 0x31, 0x30, 0x0d])) - 2
    much.writeUInt8(much.readUInt8(mac + 1) + 2, mac + 1)
    await expect(readCertificateBundle([much], password)).rejects.toMatchObject({
      problem: 'format-unsupported',
    })
  })
})

describe('refused is', () => {
  const cases: readonly (readonly [string, string, () => readonly (string | Buffer)[]])[] = [
    ['a certificate cut short', 'certificate-unreadable', () => [chain[0]?.slice(0, 300) ?? '']],
    [
      'a certificate with a hole',
      'certificate-unreadable',
      () => [chain[0]?.replace(/\n.{64}\n/, '\n') ?? ''],
    ],
    ['DER cut short', 'certificate-unreadable', () => [toDer(chain[0] ?? '').subarray(0, 200)]],
    ['noise', 'certificate-unreadable', () => [Buffer.alloc(3_000, 0xa7)]],
    ['zeros', 'certificate-unreadable', () => [Buffer.alloc(3_000)]],
    ['nothing', 'certificate-unreadable', () => ['']],
    ['no file at all', 'certificate-missing', () => []],
    ['a key alone', 'certificate-missing', () => [server.keyPem]],
    [
      'PKCS#12 cut short',
      'certificate-unreadable',
      () => [toPkcs7(server.certificatePem).subarray(0, 900)],
    ],
    ['the key of another certificate', 'key-mismatch', () => [server.certificatePem, other.keyPem]],
    ['two servers', 'leaf-ambiguous', () => [server.certificatePem, other.certificatePem]],
    [
      'two servers with both keys',
      'leaf-ambiguous',
      () => [server.certificatePem, other.certificatePem, server.keyPem, other.keyPem],
    ],
    [
      'a broken key',
      'key-unreadable',
      () => [server.certificatePem, server.keyPem.replace(/\n.{64}\n/, '\n')],
    ],
    ['100 MB', 'input-too-large', () => [Buffer.alloc(100_000_000, 0x30)]],
    ['a thousand beginnings', 'certificate-unreadable', () => ['-----BEGIN A-----'.repeat(60_000)]],
    [
      'a row without end',
      'certificate-unreadable',
      () => [
        Buffer.concat([
          Buffer.from([0x30, 0x83, 0x0f, 0, 0]),
          Buffer.alloc(0xf_0000, Buffer.from([5, 0])),
        ]),
      ],
    ],
    [
      'brackets within brackets',
      'certificate-unreadable',
      () => [Buffer.alloc(500_000, Buffer.from([0x30, 0x80]))],
    ],
  ]
  // Quickly: the input may be hostile.
  test.each(cases)('%s: %s', { timeout: 2_000 }, async (_name, problem, inputs) => {
    const reading = readCertificateBundle(inputs().map((one) => Buffer.from(one)))
    await expect(reading).rejects.toMatchObject({ name: 'CertificateError', problem })
  })

  test('every file with one octet changed, or read as what it is', async () => {
    const files = [toDer(chain[0] ?? ''), toPkcs7(server.certificatePem)]
    for (const file of files) {
      for (let at = 0; at < file.length; at += 3) {
        const changed = Buffer.from(file)
        changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at)
        const found = await readCertificateBundle([changed]).catch((error: unknown) => error)
        const isFine = found instanceof Error ? found.name === 'CertificateError' : true
        expect({ at, isFine, found }).toMatchObject({ at, isFine: true })
      }
    }
  })
})
