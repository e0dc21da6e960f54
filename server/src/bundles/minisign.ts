import {
  createHash,
  createPrivateKey,
  createPublicKey,
  scrypt,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto'
import { BundleFault } from './bundle-fault.ts'

/**
 * Keys and detached signatures as minisign has them: Ed25519 over BLAKE2b-512, with a comment that
 * is signed too (https://jedisct1.github.io/minisign/#signature-format). The seed of a key is 32 bytes.
 */
export interface PublicKey {
  /** 16 hex digits, as minisign shows them. */
  readonly keyId: string
  /** The one line of base64 that stands for the key. */
  readonly text: string
  readonly key: KeyObject
}

export interface SecretKey {
  readonly publicKey: PublicKey
  readonly key: KeyObject
}

export interface VerifiedSignature {
  readonly keyId: string
  /** The trusted comment. */
  readonly comment: string
}

const keyAlgorithm = Buffer.from('Ed')
const hashedAlgorithm = Buffer.from('ED')
const keyIdBytes = 8
const seedBytes = 32
const signatureBytes = 64
const longestFile = 4096
const untrusted = 'untrusted comment: '
const trusted = 'trusted comment: '

// DER around 32 raw bytes (RFC 8410).
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** @param keyId 8 bytes, drawn by chance once and kept with the seed. */
export function secretKeyOf(seed: Buffer, keyId: Buffer): SecretKey {
  if (seed.length !== seedBytes || keyId.length !== keyIdBytes)
    throw invalidKey('has a wrong length')
  const key = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  return { key, publicKey: publicKeyOf(rawPublicKey(key), keyId) }
}

function publicKeyOf(raw: Buffer, keyId: Buffer): PublicKey {
  return {
    keyId: keyIdText(keyId),
    text: Buffer.concat([keyAlgorithm, keyId, raw]).toString('base64'),
    key: createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: 'der', type: 'spki' }),
  }
}

function rawPublicKey(key: KeyObject): Buffer {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return der.subarray(publicPrefix.length)
}

/** A little-endian number, in capital hex digits. */
function keyIdText(keyId: Buffer): string {
  return Buffer.from(keyId).reverse().toString('hex').toUpperCase()
}

/** A key file, or the bare line of base64 as `minisign -P` takes it. */
export function parsePublicKey(text: string): PublicKey {
  if (text.length > longestFile) throw invalidKey('is too long')
  const lines = linesOf(text)
  const bytes = fromBase64(lines.find((line) => !line.startsWith(untrusted)))
  if (bytes?.length !== 2 + keyIdBytes + 32 || !bytes.subarray(0, 2).equals(keyAlgorithm)) {
    throw invalidKey('is no public key of minisign')
  }
  return publicKeyOf(bytes.subarray(2 + keyIdBytes), bytes.subarray(2, 2 + keyIdBytes))
}

export function publicKeyFile({ keyId, text }: PublicKey): string {
  return `${untrusted}minisign public key ${keyId}\n${text}\n`
}

/** A secret key file without a passphrase, for `minisign -S -s`. */
export function secretKeyFile({ key, publicKey }: SecretKey): string {
  const seed = key.export({ format: 'der', type: 'pkcs8' }).subarray(privatePrefix.length)
  const publicBytes = Buffer.from(publicKey.text, 'base64')
  const bytes = Buffer.concat([
    Buffer.from('Ed\0\0B2', 'latin1'),
    Buffer.alloc(48),
    publicBytes.subarray(2, 2 + keyIdBytes),
    seed,
    publicBytes.subarray(2 + keyIdBytes),
    Buffer.alloc(32),
  ])
  return `${untrusted}minisign secret key\n${bytes.toString('base64')}\n`
}

/** Reads a secret key of ours or of minisign, also one with a passphrase. */
export async function parseSecretKey(text: string, passphrase = ''): Promise<SecretKey> {
  if (text.length > longestFile) throw invalidKey('is too long')
  const bytes = fromBase64(linesOf(text).find((line) => !line.startsWith(untrusted)))
  if (bytes?.length !== 158 || !bytes.subarray(0, 2).equals(keyAlgorithm)) {
    throw invalidKey('is no secret key of minisign')
  }
  const derivation = bytes.subarray(2, 4).toString('latin1')
  const sealed = bytes.subarray(54)
  if (derivation === '\0\0') return openedKey(sealed, 'is damaged')
  if (derivation !== 'Sc') throw invalidKey('uses a key derivation that is not known')
  if (passphrase === '') throw invalidKey('has a passphrase, and none was given')
  const operations = bytes.readBigUInt64LE(38)
  const stream = await deriveStream(passphrase, bytes.subarray(6, 38), operations, sealed.length)
  return openedKey(
    Buffer.from(sealed.map((byte, at) => byte ^ (stream[at] ?? 0))),
    'does not open with this passphrase',
  )
}

function openedKey(opened: Buffer, reason: string): SecretKey {
  const seed = opened.subarray(keyIdBytes, keyIdBytes + seedBytes)
  const secret = secretKeyOf(seed, opened.subarray(0, keyIdBytes))
  const stated = opened.subarray(keyIdBytes + seedBytes, keyIdBytes + 2 * seedBytes)
  if (!timingSafeEqual(rawPublicKey(secret.key), stated)) throw invalidKey(reason)
  return secret
}

/** The parameters as libsodium picks them from its limits. */
async function deriveStream(
  passphrase: string,
  salt: Buffer,
  operations: bigint,
  length: number,
): Promise<Buffer> {
  const blockSize = 8
  const cost = 2 ** Math.floor(Math.log2(Number(operations) / (blockSize * 4)))
  if (!(cost >= 2 && cost <= 2 ** 21)) throw invalidKey('asks for too much memory')
  const maxmem = 128 * blockSize * cost + (1 << 20)
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, length, { N: cost, r: blockSize, p: 1, maxmem }, (error, bytes) => {
      if (error === null) resolve(bytes)
      else reject(error)
    })
  })
}

/** @param comment one line, signed with the rest. */
export function signDetached(message: Buffer, secret: SecretKey, comment: string): string {
  const signature = sign(null, blake2b(message), secret.key)
  const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), secret.key)
  const keyId = Buffer.from(secret.publicKey.text, 'base64').subarray(2, 2 + keyIdBytes)
  const line = Buffer.concat([hashedAlgorithm, keyId, signature]).toString('base64')
  return [
    `${untrusted}verify with: minisign -V -P ${secret.publicKey.text} -m manifest.json`,
    line,
    `${trusted}${comment}`,
    global.toString('base64'),
    '',
  ].join('\n')
}

/** The key id that a signature names, without a look at whether it is right. */
export function describeSignature(text: string): VerifiedSignature {
  const { keyId, comment } = parseSignature(text)
  return { keyId: keyIdText(keyId), comment }
}

/** @throws BundleFault `key-unknown`, `signature-wrong` */
export function verifyDetached(
  message: Buffer,
  text: string,
  keys: readonly PublicKey[],
): VerifiedSignature {
  const { algorithm, keyId, signature, comment, global } = parseSignature(text)
  const named = keyIdText(keyId)
  const candidates = keys.filter((key) => key.keyId === named)
  if (candidates.length === 0) throw new BundleFault('key-unknown', `It names the key ${named}.`)
  const signed = algorithm.equals(hashedAlgorithm) ? blake2b(message) : message
  const commented = Buffer.concat([signature, Buffer.from(comment)])
  const isRight = candidates.some(
    ({ key }) => verify(null, signed, key, signature) && verify(null, commented, key, global),
  )
  if (!isRight) throw new BundleFault('signature-wrong', `It names the key ${named}.`)
  return { keyId: named, comment }
}

function parseSignature(text: string) {
  const [first = '', line, third = '', last, ...rest] = text.split(/\r?\n/)
  const body = fromBase64(line)
  const global = fromBase64(last)
  const isWhole =
    text.length <= longestFile &&
    first.startsWith(untrusted) &&
    third.startsWith(trusted) &&
    body?.length === 2 + keyIdBytes + signatureBytes &&
    global?.length === signatureBytes &&
    rest.every((one) => one === '')
  const algorithm = body?.subarray(0, 2)
  const isKnown = algorithm?.equals(hashedAlgorithm) === true || algorithm?.equals(keyAlgorithm)
  if (!isWhole || algorithm === undefined || isKnown !== true) {
    throw new BundleFault('signature-wrong', 'It is not in the form of minisign.')
  }
  return {
    algorithm,
    keyId: body.subarray(2, 2 + keyIdBytes),
    signature: body.subarray(2 + keyIdBytes),
    comment: third.slice(trusted.length),
    global,
  }
}

const blake2b = (message: Buffer) => createHash('blake2b512').update(message).digest()

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Strictly: what other readers would take for something else is nothing. */
function fromBase64(text: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

const invalidKey = (reason: string) => new BundleFault('key-invalid', `It ${reason}.`)
