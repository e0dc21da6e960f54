import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export type MinisignKey = ReturnType<typeof createMinisignKey>

/** A key as minisign has them, and what it signs (https://jedisct1.github.io/minisign/). */
export function createMinisignKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const keyId = randomBytes(8)
  return {
    keyId: Buffer.from(keyId).reverse().toString('hex').toUpperCase(),
    /** The line of base64 that stands for the key. */
    text: Buffer.concat([Buffer.from('Ed'), keyId, raw]).toString('base64'),
    /** The file of the secret key, without a passphrase. */
    get secretFile(): string {
      const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
      const parts = [Buffer.from('Ed\0\0B2', 'latin1'), Buffer.alloc(48), keyId, seed, raw]
      const line = Buffer.concat([...parts, Buffer.alloc(32)]).toString('base64')
      return `untrusted comment: secret key of a test\n${line}\n`
    },
    sign(message: Buffer, comment: string): string {
      const hash = createHash('blake2b512').update(message).digest()
      const signature = sign(null, hash, privateKey)
      const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey)
      const line = Buffer.concat([Buffer.from('ED'), keyId, signature]).toString('base64')
      return [
        'untrusted comment: signature of a test',
        line,
        `trusted comment: ${comment}`,
        global.toString('base64'),
        '',
      ].join('\n')
    },
  }
}
