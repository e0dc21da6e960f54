import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSigner } from './minisign.ts'

describe('a signature for minisign', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = createSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())

  it('covers the content and the trusted comment', () => {
    const content = Buffer.from('content')
    const [, packed = '', comment = '', all = ''] = signer.sign(content, 'Mooring 1.0').split('\n')
    const bytes = Buffer.from(packed, 'base64')
    const publicKey = createPublicKey(privateKey)
    expect(bytes.subarray(0, 2).toString()).toBe('ED')
    const signature = bytes.subarray(10)
    const hash = createHash('blake2b512').update(content).digest()
    expect(verify(null, hash, publicKey, signature)).toBe(true)
    expect(comment).toBe('trusted comment: Mooring 1.0')
    const covered = Buffer.concat([signature, Buffer.from('Mooring 1.0')])
    expect(verify(null, covered, publicKey, Buffer.from(all, 'base64'))).toBe(true)
  })

  it('names the key by the same number as the public key does', () => {
    const numberIn = (text: string) =>
      Buffer.from(text.split('\n')[1] ?? '', 'base64')
        .subarray(2, 10)
        .toString('hex')
    expect(numberIn(signer.sign(Buffer.from('x'), 'y'))).toBe(numberIn(signer.publicKey))
  })

  it('takes no key of another kind', () => {
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = other.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(() => createSigner(pem)).toThrow('not an Ed25519 key')
  })
})
