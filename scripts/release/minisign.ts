import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'

/**
 * Signatures that minisign verifies (https://jedisct1.github.io/minisign/#signature-format), made
 * with an Ed25519 key in PEM, as `openssl genpkey -algorithm ed25519` writes it.
 */
export interface Signer {
  /** The text of a `.minisig` file. */
  sign(content: Buffer, trustedComment: string): string
  /** The text of a `minisign.pub` file. */
  readonly publicKey: string
}

const prehashed = Buffer.from('ED')
const plain = Buffer.from('Ed')

export function createSigner(keyPem: string): Signer {
  const key = createPrivateKey(keyPem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key is not an Ed25519 key')
  const raw = rawPublicKey(key)
  // minisign draws the number at random; from the key it is the same for each of its signatures.
  const keyId = createHash('blake2b512').update(raw).digest().subarray(0, 8)
  const keyName = Buffer.from(keyId).reverse().toString('hex').toUpperCase()
  return {
    sign(content, trustedComment) {
      const hash = createHash('blake2b512').update(content).digest()
      const signature = sign(null, hash, key)
      const all = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key)
      const packed = Buffer.concat([prehashed, keyId, signature]).toString('base64')
      return [
        `untrusted comment: signature of Mooring ${keyName}`,
        packed,
        `trusted comment: ${trustedComment}`,
        all.toString('base64'),
        '',
      ].join('\n')
    },
    publicKey: [
      `untrusted comment: minisign public key ${keyName}`,
      Buffer.concat([plain, keyId, raw]).toString('base64'),
      '',
    ].join('\n'),
  }
}

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url')
}
