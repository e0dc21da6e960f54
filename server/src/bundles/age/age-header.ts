import { hkdfSync } from 'node:crypto'
import { Decrypter, Encrypter } from 'age-encryption'
import { BundleFault } from '../bundle-fault.ts'
import type { AgeIdentity, AgeRecipient } from './age-keys.ts'

const firstLine = 'age-encryption.org/v1\n'
const nonceBytes = 16
const emptyPayloadBytes = 16
/** Of the longest beginning that is looked at: more than a hundred recipients. */
export const mostHeaderBytes = 16 * 1024

/** What stands in front of the payload, and the key of its chunks. */
export interface AgeStart {
  readonly bytes: Buffer
  readonly key: Buffer
}

/** First line, a stanza for each recipient, the last line, and the nonce of the payload. */
export const startBytes = (recipients: number): number => 22 + 98 * recipients + 48 + nonceBytes

/** A start with keys of its own, each time it is asked for. */
export async function newStart(recipients: readonly AgeRecipient[]): Promise<AgeStart> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  let fileKey: Uint8Array | undefined
  // Sees the key of the file, and adds nothing to the header.
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key)
      return []
    },
  })
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()))
  if (fileKey === undefined) throw new Error('age gave no key of the file')
  const bytes = empty.subarray(0, -emptyPayloadBytes)
  return { bytes, key: payloadKey(fileKey, bytes.subarray(-nonceBytes)) }
}

export const isAge = (beginning: Buffer): boolean =>
  beginning.subarray(0, firstLine.length).toString('latin1') === firstLine

export const isArmored = (beginning: Buffer): boolean =>
  beginning.toString('latin1').startsWith('-----BEGIN AGE ENCRYPTED FILE-----')

/** @throws BundleFault `encrypted`, `identity-wrong`, `file-damaged` */
export async function openStart(
  beginning: Buffer,
  identities: readonly AgeIdentity[],
  file: string,
): Promise<AgeStart> {
  const end = headerEnd(beginning)
  if (end === undefined || beginning.length < end + nonceBytes) {
    throw new BundleFault('file-damaged', 'Its encryption has no beginning.', { file })
  }
  if (identities.length === 0) throw new BundleFault('encrypted', '', { file })
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  const fileKey = await decrypter.decryptHeader(beginning.subarray(0, end)).catch(refused(file))
  const bytes = beginning.subarray(0, end + nonceBytes)
  return { bytes, key: payloadKey(fileKey, bytes.subarray(-nonceBytes)) }
}

/** Behind the line of the last authentication. */
function headerEnd(beginning: Buffer): number | undefined {
  const last = beginning.indexOf('\n--- ')
  const end = last === -1 ? -1 : beginning.indexOf('\n', last + 1)
  return end === -1 ? undefined : end + 1
}

function refused(file: string) {
  return (error: unknown): never => {
    const text = error instanceof Error ? error.message : String(error)
    throw text.startsWith('no identity matched')
      ? new BundleFault('identity-wrong', '', { file }, { cause: error })
      : new BundleFault('file-damaged', 'Its encryption begins wrong.', { file }, { cause: error })
  }
}

const payloadKey = (fileKey: Uint8Array, nonce: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
