import { createCipheriv, createDecipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import { Secret } from '../../config/secret.ts'
import { systemRandom } from '../../platform/random.ts'
import { createEncryptedPasswords } from './encrypted-password.ts'

const secretKey = new Secret('5f4dcc3b-5aa7-65d6-1d83-27deb882cf99')
const key = Buffer.alloc(32, Buffer.from('5f4dcc3b5aa765d61d8327deb882cf99', 'hex'))
const passwords = createEncryptedPasswords({ secretKey, random: systemRandom })

describe('an encrypted password', () => {
  it('is read back, and is another text each time', () => {
    const [one, other] = [passwords.encrypt('grüße 12'), passwords.encrypt('grüße 12')]
    expect(one).not.toBe(other)
    expect([one, other].map((text) => passwords.decrypt(text))).toEqual(['grüße 12', 'grüße 12'])
  })

  it('has the form that Quay reads and writes', () => {
    const bytes = Buffer.from(passwords.encrypt('secret12'), 'base64')
    const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, 16))
    const text = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()])
    expect(JSON.parse(text.toString())).toEqual({ password: 'secret12' })

    const iv = Buffer.alloc(16, 7)
    const cipher = createCipheriv('aes-256-cbc', key, iv)
    const made = [iv, cipher.update('{"password": "from-quay"}'), cipher.final()]
    expect(passwords.decrypt(Buffer.concat(made).toString('base64'))).toBe('from-quay')
  })

  it('under another key, changed, or never encrypted is none', () => {
    const sealed = passwords.encrypt('secret12')
    const other = createEncryptedPasswords({ secretKey: new Secret('x'), random: systemRandom })
    const changed = `${sealed.slice(0, 30)}AAAA${sealed.slice(34)}`
    expect(other.decrypt(sealed)).toBeUndefined()
    for (const text of [changed, 'secret12', '', 'A'.repeat(64), sealed.slice(4)]) {
      expect(passwords.decrypt(text)).toBeUndefined()
    }
  })
})
