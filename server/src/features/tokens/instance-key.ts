import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { writeFileDurably } from '../../platform/files.ts'

/** The key that signs registry tokens: service `quay`, RSA-2048, in the configuration directory. */
export interface InstanceKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/**
 * Loads `quay.pem` of the configuration directory, or makes it on the first start. The key id is the
 * SHA-256 thumbprint of the public JWK (RFC 7638) and lies beside it as `quay.kid`.
 */
export async function loadInstanceKey(configDir: string): Promise<InstanceKey> {
  const file = path.join(configDir, 'quay.pem')
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  const privateKey = pem === undefined ? await createInstanceKey(file) : createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  if (pem === undefined) await writeFileDurably(path.join(configDir, 'quay.kid'), id, 0o600)
  return { id, privateKey, publicKey }
}

async function createInstanceKey(file: string): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  await writeFileDurably(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  return privateKey
}
