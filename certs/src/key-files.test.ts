import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encryptKey, isKeyEncrypted, readKey } from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const password = 'correct horse 馬'
const legacy = ['-provider', 'legacy', '-provider', 'default']

let openssl: Openssl
/** PKCS#8, by openssl. */
const keys = new Map<string, string>()
beforeAll(async () => {
  openssl = await createOpenssl()
  const made = [
    ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['small', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024']],
    ['ed25519', ['-algorithm', 'ED25519']],
  ] as const
  for (const [name, options] of made) keys.set(name, await openssl.run('genpkey', ...options))
})
afterAll(() => openssl[Symbol.asyncDispose]())

const keyOf = (name: string) => keys.get(name) ?? expect.fail(`no key ${name}`)

async function converted(name: string, ...command: readonly string[]): Promise<string> {
  const [program = '', ...options] = command
  const file = await openssl.write(keyOf(name))
  return openssl.run(program, '-in', file, ...options)
}

describe.each(['rsa', 'ec'])('an %s key', (name) => {
  test('is read from its own old format', async () => {
    const text = await converted(name, name, ...(name === 'rsa' ? ['-traditional'] : []))
    expect(text).toMatch(/BEGIN (?:RSA|EC) PRIVATE KEY/)
    expect(await readKey(text)).toBe(keyOf(name))
    expect(isKeyEncrypted(text)).toBe(false)
  })

  test.each([
    ['PKCS#8, AES-256', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc']],
    [
      'PKCS#8, AES-128 and SHA-512',
      ['pkcs8', '-topk8', '-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA512'],
    ],
    ['PKCS#8, 3DES', ['pkcs8', '-topk8', '-v2', 'des3']],
    ['PKCS#8, scrypt', ['pkcs8', '-topk8', '-scrypt']],
    ['PKCS#8, MD5 and DES', ['pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', ...legacy]],
    ['PKCS#8, SHA-1 and DES', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-DES', ...legacy]],
    ['PKCS#8, SHA-1 and 3DES', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES', ...legacy]],
    ['PKCS#8, SHA-1 and RC2', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-RC2-40', ...legacy]],
    ['old PEM, AES-256', ['traditional', '-aes256']],
    ['old PEM, 3DES', ['traditional', '-des3']],
    ['old PEM, DES', ['traditional', '-des', ...legacy]],
  ])('is read from %s with its password alone', async (_name, [first = '', ...options]) => {
    const command =
      first === 'traditional' ? [name, ...(name === 'rsa' ? ['-traditional'] : [])] : [first]
    // RC2 and the old ciphers take the octets of a password as they are, so it is plain here.
    const plain = 'correct horse'
    const text = await converted(name, ...command, ...options, '-passout', `pass:${plain}`)
    expect(isKeyEncrypted(text)).toBe(true)
    expect(await readKey(text, plain)).toBe(keyOf(name))
    await expect(readKey(text, 'wrong')).rejects.toMatchObject({ problem: 'password-wrong' })
    await expect(readKey(text)).rejects.toMatchObject({ problem: 'password-needed' })
  })

  test('that we encrypted opens with openssl and with us', async () => {
    const text = await encryptKey(keyOf(name), password)
    expect(isKeyEncrypted(text)).toBe(true)
    expect(await readKey(text, password)).toBe(keyOf(name))
    const file = await openssl.write(text)
    const opened = await openssl.run('pkey', '-in', file, '-passin', `pass:${password}`)
    expect(opened).toBe(keyOf(name))
    const shown = await openssl.run('asn1parse', '-in', file)
    expect(shown).toMatch(/PBES2[^]*PBKDF2[^]*:0927C0[^]*hmacWithSHA256[^]*aes-256-cbc/)
  })
})

test.each([
  ['small', 'key-type-unsupported'],
  ['ed25519', 'key-type-unsupported'],
])('a key of kind %s is refused', async (name, problem) => {
  await expect(readKey(keyOf(name))).rejects.toMatchObject({ problem })
})

test.each([
  ['words', 'key-unreadable'],
  ['', 'key-unreadable'],
  ['-----BEGIN PRIVATE KEY-----\nAAAA\n', 'key-unreadable'],
  ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'key-unreadable'],
  [
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAQwAgQA\n-----END ENCRYPTED PRIVATE KEY-----',
    'key-unreadable',
  ],
  ['a'.repeat(2_000_000), 'input-too-large'],
])('%j is no key', async (text, problem) => {
  await expect(readKey(text.slice(0), 'password')).rejects.toMatchObject({ problem })
})

test('an error holds nothing of the key or the password', async () => {
  const text = await encryptKey(keyOf('ec'), password)
  const error = await readKey(text, 'a wrong secret').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Error)
  expect(JSON.stringify(error)).not.toContain('a wrong secret')
  expect(String(error)).not.toContain('a wrong secret')
})
