import { createCipheriv, createDecipheriv } from 'node:crypto'
import { releaseMemory } from '../../platform/release-memory.ts'

/**
 * The payload of an age file (https://age-encryption.org/v1): chunks of 64 KiB, each sealed by
 * itself. The library of age reads and writes such a payload from its first byte to its last only,
 * and about eight times slower than the ciphers of Node; a volume is read from the middle and gone
 * on with, so its chunks are sealed and opened here.
 */
export const chunkBytes = 64 * 1024
const tagBytes = 16
export const sealedChunkBytes = chunkBytes + tagBytes

const algorithm = 'chacha20-poly1305'
const options = { authTagLength: tagBytes } as const

/** Puts a sealed chunk at its place. @returns how long it is */
export function sealChunk(
  key: Buffer,
  { index, isLast }: { readonly index: number; readonly isLast: boolean },
  plain: Buffer,
  into: Buffer,
): number {
  const cipher = createCipheriv(algorithm, key, nonceOf(index, isLast), options)
  const sealed = cipher.update(plain)
  const length = sealed.copy(into)
  releaseMemory(sealed)
  cipher.final()
  return length + cipher.getAuthTag().copy(into, length)
}

/** Undefined when it is not what was sealed at this place. */
export function openChunk(
  key: Buffer,
  index: number,
  isLast: boolean,
  sealed: Buffer,
): Buffer | undefined {
  if (sealed.length < tagBytes) return undefined
  const decipher = createDecipheriv(algorithm, key, nonceOf(index, isLast), options)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plain = decipher.update(sealed.subarray(0, -tagBytes))
  try {
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** A counter of eleven bytes, and whether the payload ends here. */
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

/** Bytes of a payload for so many bytes of content. */
export const sealedBytes = (plainBytes: number): number =>
  plainBytes + tagBytes * Math.max(1, Math.ceil(plainBytes / chunkBytes))

/** The most content that a payload of so many bytes holds; what a whole payload holds exactly. */
export function plainBytes(payloadBytes: number): number {
  const chunks = Math.ceil(payloadBytes / sealedChunkBytes)
  return Math.max(0, payloadBytes - tagBytes * chunks)
}
