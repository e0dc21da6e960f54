import { createCipheriv, createDecipheriv } from 'node:crypto'

import type { Secret } from '../../config/secret.ts'
import type { Random } from '../../platform/random.ts'

export type SecretBox = ReturnType<typeof createSecretBox>

const prefix = 'v1$$'
const nonceBytes = 12
const tagBytes = 16

/** Keeps secrets that must be readable again: AES-256-GCM, as `v1$$` + base64(nonce ‖ text ‖ tag). */
export function createSecretBox({ secretKey, random }: { secretKey: Secret; random: Random }) {
  const key = deriveKey(secretKey.reveal())
  return {
    seal(text: string): string {
      const nonce = random.bytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([
        nonce,
        cipher.update(text, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return prefix + sealed.toString('base64')
    },

    /** Fails when the value was changed, or sealed under another key. */
    open(sealed: string): string {
      const bytes = Buffer.from(sealed.slice(prefix.length), 'base64')
      if (!sealed.startsWith(prefix) || bytes.length < nonceBytes + tagBytes) {
        throw new Error('sealed value has an unknown form')
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    },
  }
}

/**
 * Quay's reading of SECRET_KEY and DATABASE_SECRET_KEY: a decimal integer gives its bytes, a UUID its
 * 16, any other text its characters; repeated or cut to 32.
 */
export function deriveKey(text: string): Buffer {
  const bytes = keyBytes(text)
  if (bytes.length === 0) throw new Error('the key for stored secrets is empty')
  return Buffer.alloc(32, bytes)
}

function keyBytes(text: string): Buffer {
  if (/^\d+$/.test(text)) {
    const hex = BigInt(text).toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  }
  const hex = text.replaceAll('-', '')
  if (/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)) return Buffer.from(hex, 'hex')
  return Buffer.from(text, 'utf8')
}
