import { createCipheriv, createDecipheriv } from 'node:crypto'

import type { Secret } from '../../config/secret.ts'
import type { Random } from '../../platform/random.ts'
import { deriveKey } from './secret-box.ts'

export type EncryptedPasswords = ReturnType<typeof createEncryptedPasswords>

const blockBytes = 16

/**
 * Passwords for the configuration of clients, readable by this registry alone (engines, 15.2):
 * base64(IV ‖ ciphertext), AES-256-CBC over `{"password": …}` under SECRET_KEY.
 */
export function createEncryptedPasswords({
  secretKey,
  random,
}: {
  secretKey: Secret
  random: Random
}) {
  const key = deriveKey(secretKey.reveal())
  return {
    encrypt(password: string): string {
      const iv = random.bytes(blockBytes)
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      const text = JSON.stringify({ password })
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
    },

    /** Undefined for whatever is no encrypted password. */
    decrypt(text: string): string | undefined {
      const bytes = Buffer.from(text, 'base64')
      if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0) return undefined
      try {
        const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, blockBytes))
        const clear = Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()])
        const content: unknown = JSON.parse(clear.toString('utf8'))
        if (typeof content !== 'object' || content === null || !('password' in content)) {
          return undefined
        }
        return typeof content.password === 'string' ? content.password : undefined
      } catch {
        return undefined
      }
    },
  }
}
