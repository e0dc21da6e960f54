import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProgram } from '../../../test/support/programs.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { otherKey, testKey } from './bundle-suite.ts'
import {
  describeSignature,
  parsePublicKey,
  parseSecretKey,
  publicKeyFile,
  secretKeyFile,
  signDetached,
  verifyDetached,
} from './minisign.ts'

const message = Buffer.from('{"format":"mooring.bundle/v1"}')
const minisign = findProgram('minisign')
const withProgram = `and minisign${minisign === undefined ? ' (left out: it is missing)' : ''}`

describe('signatures', () => {
  it('are taken from a trusted key and nobody else', () => {
    const text = signDetached(message, testKey, 'a comment')
    const { keyId } = testKey.publicKey
    expect(verifyDetached(message, text, [otherKey.publicKey, testKey.publicKey])).toEqual({
      ...{ keyId, comment: 'a comment' },
    })
    expect(describeSignature(text)).toEqual({ keyId, comment: 'a comment' })
    expect(() => verifyDetached(message, text, [otherKey.publicKey])).toThrow(/not trusted/)
    const impostor = { ...otherKey.publicKey, keyId }
    expect(() => verifyDetached(message, text, [impostor])).toThrow(/does not belong/)
  })

  it('do not survive a change of message, comment or signature', () => {
    const text = signDetached(message, testKey, 'a comment')
    const keys = [testKey.publicKey]
    const changed = Buffer.from(message)
    changed[3] = (changed[3] ?? 0) ^ 1
    expect(() => verifyDetached(changed, text, keys)).toThrow(/MOOR-BND-005/)
    const comment = text.replace('a comment', 'b comment')
    expect(() => verifyDetached(message, comment, keys)).toThrow(/MOOR-BND-005/)
    for (const broken of ['', 'x', text.slice(0, 120), `${text}more`, text.replace(/\n/g, ' ')]) {
      expect(() => verifyDetached(message, broken, keys)).toThrow(/MOOR-BND-005/)
    }
  })

  it('go with keys that are written and read again', async () => {
    const again = parsePublicKey(publicKeyFile(testKey.publicKey))
    expect(again.text).toBe(testKey.publicKey.text)
    expect(parsePublicKey(testKey.publicKey.text).keyId).toBe(testKey.publicKey.keyId)
    const secret = await parseSecretKey(secretKeyFile(testKey))
    expect(signDetached(message, secret, 'c')).toBe(signDetached(message, testKey, 'c'))
    for (const wrong of ['', 'untrusted comment: x\n', 'RWQ', `${testKey.publicKey.text}AA`]) {
      expect(() => parsePublicKey(wrong)).toThrow(/MOOR-BND-007/)
      await expect(parseSecretKey(wrong)).rejects.toThrow(/MOOR-BND-007/)
    }
  })

  describe.skipIf(minisign === undefined)(withProgram, () => {
    let folder: TemporaryFolder
    const run = (...args: string[]) =>
      execFileSync(minisign ?? '', args, { cwd: folder.path, encoding: 'utf8', stdio: 'pipe' })
    beforeAll(() => {
      folder = createTemporaryFolder('minisign')
      writeFileSync(folder.join('message'), message)
    })
    afterAll(async () => folder.remove())

    it('takes ours, and not for a changed file', () => {
      writeFileSync(folder.join('our.pub'), publicKeyFile(testKey.publicKey))
      writeFileSync(folder.join('our.minisig'), signDetached(message, testKey, 'ours'))
      const verify = (file: string) => run('-V', '-p', 'our.pub', '-x', 'our.minisig', '-m', file)
      expect(verify('message')).toContain('Trusted comment: ours')
      writeFileSync(folder.join('changed'), `${message.toString()} `)
      expect(() => verify('changed')).toThrow()
    })

    it('signs with our key file, and its own signatures are taken here', async () => {
      writeFileSync(folder.join('our.sec'), secretKeyFile(testKey))
      run('-S', '-s', 'our.sec', '-m', 'message', '-x', 'a.minisig', '-t', 'by minisign')
      const ours = readFileSync(folder.join('a.minisig'), 'utf8')
      expect(verifyDetached(message, ours, [testKey.publicKey]).comment).toBe('by minisign')

      run('-G', '-W', '-p', 'their.pub', '-s', 'their.sec')
      run('-S', '-s', 'their.sec', '-m', 'message', '-x', 'b.minisig')
      const key = parsePublicKey(readFileSync(folder.join('their.pub'), 'utf8'))
      const theirs = readFileSync(folder.join('b.minisig'), 'utf8')
      expect(verifyDetached(message, theirs, [key]).keyId).toBe(key.keyId)
      const secret = await parseSecretKey(readFileSync(folder.join('their.sec'), 'utf8'))
      expect(secret.publicKey.text).toBe(key.text)
    })
  })
})
