import {
  createCipheriv,
  createDecipheriv,
  createHash,
  pbkdf2,
  randomBytes,
  scrypt,
} from 'node:crypto'
import { promisify } from 'node:util'
import { CertificateError } from './certificate-error.ts'
import {
  childOf,
  childrenOf,
  der,
  DerError,
  derInteger,
  derOid,
  numberOf,
  octetsOf,
  oidOf,
  tags,
  type DerNode,
} from './der.ts'
import { loadForge } from './forge.ts'

const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  hmacSha256: '1.2.840.113549.2.9',
  aes256: '2.16.840.1.101.3.4.1.42',
}

const ciphers: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
}

const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

/** PKCS#12's own scheme, and the one of PKCS#5 before PBES2. */
const oldSchemes: Readonly<Record<string, OldScheme>> = {
  '1.2.840.113549.1.12.1.3': { from: 'pkcs12', cipher: '3DES-CBC', keyBytes: 24 },
  '1.2.840.113549.1.12.1.5': { from: 'pkcs12', cipher: 'rc2', keyBytes: 16 },
  '1.2.840.113549.1.12.1.6': { from: 'pkcs12', cipher: 'rc2', keyBytes: 5 },
  '1.2.840.113549.1.5.3': { from: 'md5', cipher: 'DES-CBC', keyBytes: 8 },
  '1.2.840.113549.1.5.10': { from: 'sha1', cipher: 'DES-CBC', keyBytes: 8 },
}

interface OldScheme {
  readonly from: 'pkcs12' | 'md5' | 'sha1'
  readonly cipher: '3DES-CBC' | 'rc2' | 'DES-CBC'
  readonly keyBytes: number
}

/** Above it a file would keep the processor busy rather than be opened. */
export const mostIterations = 2_000_000
const mostScryptMemory = 64 * 1024 * 1024

const derive = promisify(pbkdf2)
const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt)

/**
 * Opens what an AlgorithmIdentifier of PKCS#5 or PKCS#12 says is encrypted with a password.
 * @throws CertificateError `password-wrong` (as far as padding can tell), `format-unsupported`
 */
export async function decryptWithPassword(
  algorithm: DerNode,
  encrypted: Buffer,
  password: string,
  what: string,
): Promise<Buffer> {
  const oid = oidOf(childOf(algorithm, 0))
  const parameters = childOf(algorithm, 1)
  const old = oldSchemes[oid]
  const opened =
    oid === oids.pbes2
      ? await decryptPbes2(parameters, encrypted, password, what)
      : old === undefined
        ? unsupported(what, oid)
        : await decryptOld(old, parameters, encrypted, password, what)
  if (opened === undefined) throw new CertificateError('password-wrong', { what })
  return opened
}

async function decryptPbes2(
  parameters: DerNode,
  encrypted: Buffer,
  password: string,
  what: string,
): Promise<Buffer | undefined> {
  const [derivation, encryption] = [childOf(parameters, 0), childOf(parameters, 1)]
  const cipherOid = oidOf(childOf(encryption, 0))
  const [cipher, keyBytes] = ciphers[cipherOid] ?? unsupported(what, cipherOid)
  const key = await deriveKey(derivation, password, keyBytes, what)
  const decipher = createDecipheriv(cipher, key, childOf(encryption, 1).bytes)
  try {
    return Buffer.concat([decipher.update(encrypted), decipher.final()])
  } catch {
    return undefined
  }
}

async function deriveKey(
  derivation: DerNode,
  password: string,
  keyBytes: number,
  what: string,
): Promise<Buffer> {
  const oid = oidOf(childOf(derivation, 0))
  const [salt, ...numbers] = childrenOf(childOf(derivation, 1))
  if (salt === undefined) throw new DerError('no salt')
  if (oid === oids.scrypt) {
    const [N = 0, r = 0, p = 0] = numbers.slice(0, 3).map(numberOf)
    if (N * r * 128 > mostScryptMemory || p > 16) return unsupported(what, 'scrypt memory')
    return deriveScrypt(password, salt.bytes, keyBytes, { N, r, p, maxmem: 2 * mostScryptMemory })
  }
  if (oid !== oids.pbkdf2) return unsupported(what, oid)
  const iterations = numbers[0] === undefined ? 0 : numberOf(numbers[0])
  if (iterations < 1 || iterations > mostIterations) return unsupported(what, 'iterations')
  const prf = numbers.find(({ tag }) => tag === tags.sequence)
  const hashOid = prf === undefined ? '1.2.840.113549.2.7' : oidOf(childOf(prf, 0))
  const hash = hashes[hashOid] ?? unsupported(what, hashOid)
  return derive(password, salt.bytes, iterations, keyBytes, hash)
}

async function decryptOld(
  { from, cipher, keyBytes }: OldScheme,
  parameters: DerNode,
  encrypted: Buffer,
  password: string,
  what: string,
): Promise<Buffer | undefined> {
  const salt = octetsOf(childOf(parameters, 0))
  const iterations = numberOf(childOf(parameters, 1))
  if (iterations > mostIterations / 10) return unsupported(what, 'iterations')
  const forge = await loadForge()
  const [key, iv] =
    from === 'pkcs12'
      ? await Promise.all([
          derivePkcs12({ password, salt, id: 1, iterations, bytes: keyBytes, hash: 'sha1' }),
          derivePkcs12({ password, salt, id: 2, iterations, bytes: 8, hash: 'sha1' }),
        ])
      : derivePkcs5(from, password, salt, iterations)
  const keyText = key.toString('latin1')
  const ivText = iv.toString('latin1')
  const input = forge.util.createBuffer(encrypted.toString('latin1'))
  if (cipher === 'rc2') {
    const decipher = forge.rc2.createDecryptionCipher(keyText, keyBytes * 8)
    decipher.start(ivText)
    decipher.update(input)
    return decipher.finish() ? Buffer.from(decipher.output.getBytes(), 'latin1') : undefined
  }
  const decipher = forge.cipher.createDecipher(cipher, keyText)
  decipher.start({ iv: ivText })
  decipher.update(input)
  return decipher.finish() ? Buffer.from(decipher.output.getBytes(), 'latin1') : undefined
}

/** PBKDF1 (RFC 8018, 5.1): eight octets of key, eight of initialization vector. */
function derivePkcs5(
  hash: string,
  password: string,
  salt: Buffer,
  iterations: number,
): readonly [Buffer, Buffer] {
  let block = Buffer.concat([Buffer.from(password), salt])
  for (let round = 0; round < iterations; round++) block = createHash(hash).update(block).digest()
  return [block.subarray(0, 8), block.subarray(8, 16)]
}

export interface Pkcs12Derivation {
  readonly password: string
  readonly salt: Buffer
  /** 1 for keys, 2 for initialization vectors, 3 for authentication (RFC 7292, B.3). */
  readonly id: 1 | 2 | 3
  readonly iterations: number
  readonly bytes: number
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512'
}

export async function derivePkcs12(derivation: Pkcs12Derivation): Promise<Buffer> {
  const { password, salt, id, iterations, bytes, hash } = derivation
  const forge = await loadForge()
  const saltBuffer = forge.util.createBuffer(salt.toString('latin1'))
  const digest = forge.md[hash].create()
  const key = forge.pkcs12.generateKey(password, saltBuffer, id, iterations, bytes, digest)
  return Buffer.from(key.getBytes(), 'latin1')
}

/** PBES2 with AES-256. */
export async function encryptWithPassword(
  content: Buffer,
  password: string,
  iterations: number,
): Promise<{ algorithm: Buffer; encrypted: Buffer }> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv(
    'aes-256-cbc',
    await derive(password, salt, iterations, 32, 'sha256'),
    iv,
  )
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()])
  const prf = der(tags.sequence, derOid(oids.hmacSha256), der(tags.null))
  const derivation = der(tags.sequence, der(tags.octetString, salt), derInteger(iterations), prf)
  const algorithm = der(
    tags.sequence,
    derOid(oids.pbes2),
    der(
      tags.sequence,
      der(tags.sequence, derOid(oids.pbkdf2), derivation),
      der(tags.sequence, derOid(oids.aes256), der(tags.octetString, iv)),
    ),
  )
  return { algorithm, encrypted }
}

function unsupported(what: string, reason: string): never {
  throw new CertificateError('format-unsupported', { what, reason })
}
