import { createCipheriv, createDecipheriv, hkdfSync, scrypt, type ScryptOptions } from 'node:crypto'
import { Transform } from 'node:stream'
import { promisify } from 'node:util'

import type { Random } from '../platform/random.ts'

/** How a passphrase becomes a key; stands in the manifest. */
export interface KeyDerivation {
  readonly kdf: 'scrypt'
  readonly salt: string
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)
const keyBytes = 32
const chunkBytes = 64 * 1024
const tagBytes = 16
const fileSaltBytes = 32
const magic = Buffer.from('MOORSEAL1\n', 'ascii')
/** A manifest that was tampered with must not make us take all memory. */
const costAtMost = 2 ** 20

export function newDerivation(random: Random): KeyDerivation {
  const salt = random.bytes(16).toString('hex')
  return { kdf: 'scrypt', salt, cost: 2 ** 16, blockSize: 8, parallelization: 1 }
}

export async function deriveKey(passphrase: string, given: KeyDerivation): Promise<Buffer> {
  const { cost, blockSize, parallelization } = given
  if (cost > costAtMost || blockSize > 32 || parallelization > 16) {
    throw new Error('the key of the backup would cost too much to derive')
  }
  const maxmem = 128 * cost * blockSize + 128 * blockSize * parallelization + 1024 * 1024
  return derive(passphrase.normalize('NFC'), Buffer.from(given.salt, 'hex'), keyBytes, {
    ...{ cost, blockSize, parallelization, maxmem },
  })
}

/** The content is not what was sealed, or the key is another one. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

/**
 * AES-256-GCM in chunks of 64 KiB: magic, a salt, then each chunk with its tag. Each file has a key of
 * its own, bound to `context`, so files cannot be exchanged; the nonce is the number of the chunk and
 * whether it is the last, so chunks can be neither exchanged nor cut off.
 */
export function seal(key: Buffer, context: string, random: Random): Transform {
  const salt = random.bytes(fileSaltBytes)
  const fileKey = keyOf(key, salt, context)
  let waiting = Buffer.alloc(0)
  let number = 0
  let isBegun = false
  const begin = (stream: Transform) => {
    if (!isBegun) stream.push(Buffer.concat([magic, salt]))
    isBegun = true
  }
  const close = (chunk: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonce(number++, isLast))
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      begin(this)
      waiting = Buffer.concat([waiting, piece])
      // A full chunk is held back until it is sure that it is not the last.
      while (waiting.length > chunkBytes) {
        this.push(close(waiting.subarray(0, chunkBytes), false))
        waiting = waiting.subarray(chunkBytes)
      }
      done()
    },
    flush(done) {
      begin(this)
      this.push(close(waiting, true))
      done()
    },
  })
}

/** The reverse; fails with SealBroken before it lets anything through that was not sealed so. */
export function unseal(key: Buffer, context: string): Transform {
  const head = magic.length + fileSaltBytes
  const sealedBytes = chunkBytes + tagBytes
  let fileKey: Buffer | undefined
  let waiting = Buffer.alloc(0)
  let number = 0
  const opened = (sealed: Buffer, isLast: boolean): Buffer => {
    if (fileKey === undefined || sealed.length < tagBytes) throw new SealBroken('cut off')
    const decipher = createDecipheriv('aes-256-gcm', fileKey, nonce(number++, isLast))
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
    try {
      const text = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
      return Buffer.concat([text, decipher.final()])
    } catch (cause) {
      throw new SealBroken('wrong key or changed content', { cause })
    }
  }
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      try {
        waiting = Buffer.concat([waiting, piece])
        if (fileKey === undefined && waiting.length >= head) {
          if (!waiting.subarray(0, magic.length).equals(magic)) throw new SealBroken('not sealed')
          fileKey = keyOf(key, waiting.subarray(magic.length, head), context)
          waiting = waiting.subarray(head)
        }
        while (fileKey !== undefined && waiting.length > sealedBytes) {
          this.push(opened(waiting.subarray(0, sealedBytes), false))
          waiting = waiting.subarray(sealedBytes)
        }
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
    flush(done) {
      try {
        this.push(opened(waiting, true))
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
}

function keyOf(key: Buffer, salt: Buffer, context: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, `mooring backup ${context}`, keyBytes))
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeBigUInt64BE(BigInt(number), 0)
  bytes.writeUInt8(isLast ? 1 : 0, 11)
  return bytes
}
