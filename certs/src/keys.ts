import { createPrivateKey, createPublicKey, webcrypto, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'

export const keyTypes = ['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'] as const

/** What new keys can be. Others, such as `rsa-2048`, are accepted when they are brought. */
export type KeyType = (typeof keyTypes)[number]

const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
})

const algorithms = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256' },
  'ecdsa-p384': { name: 'ECDSA', namedCurve: 'P-384' },
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
} as const satisfies Record<KeyType, webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams>

async function generateKeys(type: KeyType): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithms[type], true, ['sign', 'verify'])
}

async function keyToPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString()
}

/** @throws CertificateError `key-unreadable` */
export function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const reason = 'it is not an unencrypted private key in PEM'
    throw new CertificateError('key-unreadable', { reason }, { cause })
  }
}

const curves: Readonly<Record<string, readonly [name: string, hash: string]>> = {
  prime256v1: ['P-256', 'SHA-256'],
  secp384r1: ['P-384', 'SHA-384'],
  secp521r1: ['P-521', 'SHA-512'],
}

/** A private key made ready to sign, with the hash that suits it. */
export async function signingKey(pem: string): Promise<{ key: webcrypto.CryptoKey; hash: string }> {
  const key = readPrivateKey(pem)
  const { algorithm, hash } = signatureOf(key)
  const der = key.export({ format: 'der', type: 'pkcs8' })
  return { key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']), hash }
}

/** The public half of a private key. */
export async function verifyingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const { algorithm } = signatureOf(readPrivateKey(pem))
  return webcrypto.subtle.importKey('spki', publicKeyDer(pem), algorithm, true, ['verify'])
}

/** @throws CertificateError `key-type-unsupported` */
function signatureOf(key: KeyObject) {
  checkKeyType(key)
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined) {
    return { algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, hash: 'SHA-256' }
  }
  const [namedCurve, hash] = curve
  return { algorithm: { name: 'ECDSA', namedCurve }, hash }
}

/** Keys that every client understands: RSA with at least 2048 bits, and the NIST curves. */
export function checkKeyType(key: KeyObject): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const isUsable =
    (type === 'ec' && Object.hasOwn(curves, details?.namedCurve ?? '')) ||
    (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048)
  if (!isUsable) throw new CertificateError('key-type-unsupported', { keyType: keyTypeOf(key) })
}

/** `ecdsa-p256`, `rsa-2048`, `ed25519`, … */
export function keyTypeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'ec') {
    const curve = asymmetricKeyDetails?.namedCurve ?? 'unknown'
    return `ecdsa-${curves[curve]?.[0].replace('-', '').toLowerCase() ?? curve}`
  }
  if (asymmetricKeyType === 'rsa') return `rsa-${asymmetricKeyDetails?.modulusLength ?? 'unknown'}`
  return asymmetricKeyType ?? 'unknown'
}

/** The key given, or a new one, PKCS#8 PEM. */
export async function keyOrNew(keyPem: string | undefined, type: KeyType): Promise<string> {
  if (keyPem === undefined) return keyToPem((await generateKeys(type)).privateKey)
  const key = readPrivateKey(keyPem)
  checkKeyType(key)
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** SubjectPublicKeyInfo of a private key. */
export function publicKeyDer(keyPem: string): Buffer {
  return createPublicKey(readPrivateKey(keyPem)).export({ format: 'der', type: 'spki' })
}
