import { createPrivateKey, webcrypto, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'

/** `rsa-2048` and `rsa-4096` are for clients that know nothing newer. */
export type KeyType = 'ecdsa-p256' | 'rsa-2048' | 'rsa-4096'

const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
})

const algorithms = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256' },
  'rsa-2048': rsa(2048),
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

/** @throws CertificateError `key-unreadable` */
export function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new CertificateError('key-unreadable', 'not an unencrypted private key in PEM', { cause })
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
    throw new CertificateError('key-unreadable', 'neither an RSA key nor one of a NIST curve')
  }
  const [namedCurve, hash] = curve
  return { key: await importAs({ name: 'ECDSA', namedCurve }), hash }
}
