import { createPrivateKey, webcrypto, type KeyObject } from 'node:crypto'
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

export async function generateKeys(type: KeyType): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithms[type], true, ['sign', 'verify'])
}

/** PKCS#8, unencrypted. */
export async function keyToPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString()
}

/**
 * Any private key, PEM or DER: PKCS#1, SEC1, PKCS#8, each also encrypted.
 * @returns PKCS#8 PEM, unencrypted
 * @throws CertificateError `key-unreadable`, `password-needed`, `password-wrong`,
 *   `format-unsupported`, `key-type-unsupported`
 */
export async function readKey(_input: string | Uint8Array, _password?: string): Promise<string> {
  throw new Error('not built yet')
}

/**
 * An unencrypted key as encrypted PKCS#8 PEM (PBES2, AES-256).
 * @throws CertificateError `key-unreadable`
 */
export function encryptKey(_keyPem: string, _passphrase: string): string {
  throw new Error('not built yet')
}

/**
 * What `encryptKey` made, opened again; an unencrypted key as it is.
 * @throws CertificateError `key-unreadable`, `password-wrong`
 */
export function decryptKey(_keyPem: string, _passphrase: string): string {
  throw new Error('not built yet')
}

/** Whether a key in PEM needs a password. */
export function isKeyEncrypted(keyPem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(keyPem)
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

/** A private key made ready to sign certificates, with the hash that suits it. */
export async function signingKey(pem: string): Promise<{ key: webcrypto.CryptoKey; hash: string }> {
  const key = readPrivateKey(pem)
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const importAs = (algorithm: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams) =>
    webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])

  if (key.asymmetricKeyType === 'rsa') {
    return {
      key: await importAs({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }),
      hash: 'SHA-256',
    }
  }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined) {
    const keyType = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown'
    throw new CertificateError('key-type-unsupported', { keyType })
  }
  const [namedCurve, hash] = curve
  return { key: await importAs({ name: 'ECDSA', namedCurve }), hash }
}
