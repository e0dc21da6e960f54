import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  certificateProblems,
  certificateProblemText,
  certificatesIn,
  checkServerCertificate,
  createAuthority,
  crossSign,
  issueServerCertificate,
  readKey,
  type CertificateToCheck,
  type KeyedCertificate,
} from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const dayMs = 86_400_000
const now = Date.UTC(2027, 0, 15)
const names = ['registry.example.com', '10.0.0.5', '2001:db8::5']

let openssl: Openssl
let root: KeyedCertificate
/** Certified by the root. */
let intermediate: KeyedCertificate
let server: KeyedCertificate
let good: CertificateToCheck

beforeAll(async () => {
  openssl = await createOpenssl()
  root = await createAuthority({ commonName: 'Root', now })
  const below = await createAuthority({ commonName: 'Intermediate', now })
  const crossed = await crossSign({ certificatePem: below.certificatePem, by: root, now })
  intermediate = { certificatePem: crossed, keyPem: below.keyPem }
  server = await issueServerCertificate({ authority: intermediate, names, now })
  good = toCheck(server)
})
afterAll(() => openssl[Symbol.asyncDispose]())

function toCheck({ certificatePem, keyPem }: KeyedCertificate): CertificateToCheck {
  const [certificate = '', ...chain] = certificatesIn(certificatePem)
  return { certificate, chain, keyPem, names, now, trust: [root.certificatePem] }
}

function problems(changed: Partial<CertificateToCheck>) {
  return checkServerCertificate({ ...good, ...changed }).map(({ problem }) => problem)
}

/** A certificate for the names, made by openssl as it is told, under a root of its own. */
async function custom({
  key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  extensions = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth'],
  options = ['-sha256'],
  days = 90,
}: {
  key?: readonly string[]
  extensions?: readonly string[]
  options?: readonly string[]
  days?: number
}): Promise<CertificateToCheck> {
  const keyFile = openssl.file('custom.key')
  const alternatives = 'subjectAltName=DNS:registry.example.com,IP:10.0.0.5,IP:2001:db8::5'
  const pem = await openssl.run(
    ...['req', '-x509', ...key, '-noenc', '-keyout', keyFile, '-subj', '/CN=custom'],
    ...['-days', String(days), ...options],
    ...[alternatives, ...extensions].flatMap((one) => ['-addext', one]),
  )
  const { validFromDate } = new X509Certificate(pem)
  const at = validFromDate.getTime() + dayMs
  return { certificate: pem, chain: [], names, now: at, trust: [pem] }
}

test('nothing is held against a good certificate, whoever is trusted or nobody', async () => {
  const { trust: _trust, ...untrusting } = good
  const own = await issueServerCertificate({ authority: root, names, now })
  const one = issueServerCertificate({ authority: root, names, now, keyType: 'rsa-3072' })
  for (const input of [good, untrusting, toCheck(own), toCheck(await one)]) {
    expect(checkServerCertificate(input)).toEqual([])
  }
  expect(problems({ trust: [intermediate.certificatePem] })).toEqual([])
})

test('each name that is missing is said', () => {
  const wanted = ['registry.example.com', 'other.example.com', '10.0.0.6', '[2001:DB8:0::5]', '::1']
  expect(checkServerCertificate({ ...good, names: wanted })).toEqual(
    ['other.example.com', '10.0.0.6', '::1'].map((name) => ({
      problem: 'name-missing',
      code: 'MOOR-TLS-030',
      severity: 'error',
      parameters: { name },
    })),
  )
})

test('a wildcard covers one label, and no address', async () => {
  const keyed = await issueServerCertificate({ authority: root, names: ['*.example.com'], now })
  const missing = (wanted: string) =>
    checkServerCertificate({ ...toCheck(keyed), names: [wanted] }).length > 0
  expect(missing('a.example.com')).toBe(false)
  expect(missing('*.example.com')).toBe(false)
  expect(missing('a.b.example.com')).toBe(true)
  expect(missing('example.com')).toBe(true)
  expect(missing('*.b.example.com')).toBe(true)
})

describe('time', () => {
  test.each([
    [-2, ['not-yet-valid', 'not-yet-valid', 'not-yet-valid']],
    [0, []],
    [366, []],
    [368, ['expires-soon']],
    [398, ['expired']],
    [3_700, ['expired', 'expired', 'expired']],
  ])('on day %d: %j', (day, expected) => {
    expect(problems({ now: now + day * dayMs })).toEqual(expected)
  })

  test('how many days are left is said', () => {
    const [finding] = checkServerCertificate({ ...good, now: now + 390 * dayMs })
    expect(finding).toMatchObject({ severity: 'warning', parameters: { days: 7 } })
  })
})

describe('the chain', () => {
  test('without the intermediate is incomplete', () => {
    expect(problems({ chain: [] })).toEqual(['chain-incomplete'])
    const { trust: _trust, ...untrusting } = good
    expect(checkServerCertificate({ ...untrusting, chain: [] })).toMatchObject([
      { problem: 'chain-incomplete', severity: 'warning' },
    ])
  })

  test('to somebody else is not trusted', async () => {
    const other = await createAuthority({ commonName: 'Other', now })
    const chain = [intermediate.certificatePem, root.certificatePem]
    expect(problems({ chain, trust: [other.certificatePem] })).toEqual(['untrusted'])
  })

  test('of the same names and other keys is broken', async () => {
    const namesake = await createAuthority({ commonName: 'Intermediate', now })
    const chain = [namesake.certificatePem]
    expect(problems({ chain })).toEqual(['chain-broken', 'chain-order'])
    const root2 = await createAuthority({ commonName: 'Root', now })
    expect(problems({ trust: [root2.certificatePem] })).toEqual(['chain-broken'])
  })

  test('in another order is a warning', () => {
    const chain = [root.certificatePem, intermediate.certificatePem]
    expect(problems({ chain })).toEqual(['chain-order'])
    expect(problems({ chain: [...chain].reverse() })).toEqual([])
  })

  test('through a server is none', async () => {
    const key = await openssl.write(server.keyPem)
    const ca = await openssl.write(good.certificate)
    const request = await openssl.run('req', '-new', '-key', key, '-subj', '/CN=below')
    const file = await openssl.write(request)
    const certificate = await openssl.run(
      ...['x509', '-req', '-in', file, '-CA', ca, '-CAkey', key, '-days', '3650'],
    )
    const chain = [good.certificate, intermediate.certificatePem]
    const found = problems({ certificate, chain, names: [] })
    expect(found).toContain('issuer-not-authority')
  })

  test('through more authorities than allowed is refused', async () => {
    const third = await createAuthority({ commonName: 'Third', now })
    const [key, ca, request] = await Promise.all([
      openssl.write(intermediate.keyPem),
      openssl.write(intermediate.certificatePem),
      openssl.write(third.keyPem).then(async (file) => {
        const made = await openssl.run(
          ...['req', '-new', '-key', file, '-subj', '/CN=Third'],
          ...['-addext', 'basicConstraints=critical,CA:TRUE'],
        )
        return openssl.write(made)
      }),
    ])
    const certificatePem = await openssl.run(
      ...['x509', '-req', '-in', request, '-CA', ca, '-CAkey', key, '-days', '3650'],
      ...['-copy_extensions', 'copy'],
    )
    const at = Date.now()
    const authority = { certificatePem, keyPem: third.keyPem }
    const keyed = await issueServerCertificate({ authority, names, now: at })
    const chain = [certificatePem, intermediate.certificatePem]
    const found = problems({ ...toCheck(keyed), chain, now: now + dayMs })
    expect(found).toContain('path-length')
  })

  test('under an authority of other domains is refused', async () => {
    const permitted = { domains: ['example.net'] }
    const limited = await createAuthority({ commonName: 'Root', now, permitted })
    const [key, ca, request] = await Promise.all([
      openssl.write(limited.keyPem),
      openssl.write(limited.certificatePem),
      openssl.write(server.keyPem).then(async (file) => {
        const san = 'subjectAltName=DNS:registry.example.com,DNS:a.example.net'
        const made = await openssl.run(
          ...['req', '-new', '-key', file, '-subj', '/CN=a', '-addext', san],
        )
        return openssl.write(made)
      }),
    ])
    const certificate = await openssl.run(
      ...['x509', '-req', '-in', request, '-CA', ca, '-CAkey', key, '-days', '3650'],
      ...['-copy_extensions', 'copy'],
    )
    const trust = [limited.certificatePem]
    const input = { certificate, chain: [], names: ['a.example.net'], now: now + dayMs, trust }
    const found = checkServerCertificate(input)
    expect(found.find(({ problem }) => problem === 'name-not-permitted')?.parameters).toEqual({
      name: 'registry.example.com',
      authority: 'CN=Root',
    })
  })
})

describe('the certificate itself', () => {
  test('with the key of another is refused', () => {
    expect(problems({ keyPem: root.keyPem })).toEqual(['key-mismatch'])
  })

  test('that is an authority is refused', () => {
    const { certificatePem, keyPem } = root
    const found = problems({ certificate: certificatePem, keyPem, chain: [], names: [] })
    expect(found).toEqual(
      expect.arrayContaining(['authority-as-server', 'usage-wrong', 'validity-long']),
    )
  })

  test.each([
    ['for clients alone', { extensions: ['extendedKeyUsage=clientAuth'] }, 'usage-wrong'],
    ['for encryption alone', { extensions: ['keyUsage=dataEncipherment'] }, 'usage-wrong'],
    ['of three years', { days: 1_095 }, 'validity-long'],
    ['with 1024 bits', { key: ['-newkey', 'rsa:1024'] }, 'key-weak'],
    [
      'on a curve that clients do not know',
      { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp224r1'] },
      'key-weak',
    ],
    ['with an Ed25519 key', { key: ['-newkey', 'ed25519'], options: [] }, 'key-type-unsupported'],
  ])('%s is refused', async (_name, given, problem) => {
    const found = checkServerCertificate(await custom(given)).map((one) => one.problem)
    expect(found.filter((one) => one !== 'authority-as-server')).toEqual([problem])
  })

  test.each(['-sha1', '-md5'])('signed with %s is refused', async (hash) => {
    const made = ['req', '-new', '-key', await openssl.write(server.keyPem), '-subj', '/CN=a']
    const request = await openssl.write(await openssl.run(...made))
    const rsaRoot = await createAuthority({ commonName: 'Root', now, keyType: 'rsa-3072' })
    const [rsaKey, rsaCa] = [
      await openssl.write(rsaRoot.keyPem),
      await openssl.write(rsaRoot.certificatePem),
    ]
    const certificate = await openssl.run(
      ...['x509', '-req', '-in', request, '-CA', rsaCa, '-CAkey', rsaKey, hash, '-days', '3650'],
    )
    const trust = [rsaRoot.certificatePem]
    const found = checkServerCertificate({ certificate, chain: [], names: [], now, trust })
    expect(found.map(({ problem }) => problem)).toContain('signature-weak')
  })
})

test('every problem has a code of its own, and a sentence whose parameters are all given', async () => {
  const codes = Object.values(certificateProblems).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  const inputs = [
    { ...good, now: now - 2 * dayMs, names: ['b.example'], keyPem: root.keyPem },
    { ...good, now: now + 390 * dayMs, chain: [] },
    { ...good, now: now + 3_700 * dayMs },
    await custom({
      days: 2_000,
      extensions: ['extendedKeyUsage=clientAuth'],
      key: ['-newkey', 'rsa:1024'],
    }),
  ]
  for (const { problem, code, parameters } of inputs.flatMap(checkServerCertificate)) {
    const said = certificateProblemText(problem, parameters)
    expect(said.code).toBe(code)
    expect(`${said.text} ${said.nextStep}`).not.toMatch(/[{}?]/)
  }
  const thrown = await readKey('words').catch((error: unknown) => error)
  expect(thrown).toMatchObject({ code: 'MOOR-TLS-002' })
  expect(String(thrown)).not.toMatch(/[{}?]/)
})
