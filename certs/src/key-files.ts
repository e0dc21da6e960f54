import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { childOf, der, DerError, octetsOf, readDer, tags } from './der.ts'
import { loadForge } from './forge.ts'
import { checkSize } from './input.ts'
import { checkKeyType, readPrivateKey } from './keys.ts'
import { decryptWithPassword, encryptWithPassword } from './password-encryption.ts'
import { derOfBlock, isPem, pemBlocks, toPem, type PemBlock } from './pem.ts'

const what = 'private key'
/** What OWASP asks of PBKDF2 with SHA-256: these files travel. */
const iterations = 600_000

/**
 * Any private key, PEM or DER: PKCS#1, SEC1, PKCS#8, each also encrypted.
 * @returns PKCS#8 PEM, unencrypted
 * @throws CertificateError `key-unreadable`, `password-needed`, `password-wrong`,
 *   `format-unsupported`, `key-type-unsupported`, `input-too-large`
 */
export async function readKey(input: string | Uint8Array, password?: string): Promise<string> {
  checkSize(input)
  const text = typeof input === 'string' ? input : Buffer.from(input).toString('latin1')
  if (!isPem(text)) return exported(await readKeyDer(Buffer.from(text, 'latin1'), password))
  const block = pemBlocks(text).find(isKeyBlock)
  if (block === undefined) throw unreadable('there is none, or it is cut short')
  return exported(await readKeyBlock(block, password))
}

export function isKeyBlock({ label }: PemBlock): boolean {
  return label.endsWith('PRIVATE KEY')
}

/**
 * An unencrypted key as encrypted PKCS#8 PEM (PBES2, AES-256).
 * @throws CertificateError `key-unreadable`
 */
export async function encryptKey(keyPem: string, passphrase: string): Promise<string> {
  const content = readPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' })
  return toPem('ENCRYPTED PRIVATE KEY', await encryptedKeyInfo(content, passphrase, iterations))
}

/** EncryptedPrivateKeyInfo of a PrivateKeyInfo (RFC 5958). */
export async function encryptedKeyInfo(
  content: Buffer,
  passphrase: string,
  rounds: number,
): Promise<Buffer> {
  const { algorithm, encrypted } = await encryptWithPassword(content, passphrase, rounds)
  return der(tags.sequence, algorithm, der(tags.octetString, encrypted))
}

/** Whether a key in PEM needs a password. */
export function isKeyEncrypted(keyPem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(keyPem)
}

async function readKeyBlock(block: PemBlock, password?: string): Promise<KeyObject> {
  if (/^Proc-Type: 4,ENCRYPTED/m.test(block.text)) return readOldPem(block, password)
  return readKeyDer(derOfBlock(block), password)
}

/** OpenSSL's encryption of the years before PKCS#8. */
async function readOldPem({ label, text }: PemBlock, password?: string): Promise<KeyObject> {
  if (password === undefined) throw new CertificateError('password-needed', { what })
  if (!/^DEK-Info: DES-CBC,/m.test(text)) {
    try {
      return createPrivateKey({ key: text, passphrase: password })
    } catch (cause) {
      throw new CertificateError('password-wrong', { what }, { cause })
    }
  }
  const iv = Buffer.from(/^DEK-Info: DES-CBC,([0-9A-F]{16})/im.exec(text)?.[1] ?? '', 'hex')
  const body = text.slice(text.search(/\r?\n\r?\n/))
  const key = createHash('md5').update(password).update(iv).digest().subarray(0, 8)
  const forge = await loadForge()
  const decipher = forge.cipher.createDecipher('DES-CBC', key.toString('latin1'))
  decipher.start({ iv: iv.toString('latin1') })
  decipher.update(forge.util.createBuffer(derOfBlock({ label, text: body }).toString('latin1')))
  if (!decipher.finish()) throw new CertificateError('password-wrong', { what })
  return parse(Buffer.from(decipher.output.getBytes(), 'latin1'), 'password-wrong')
}

/** A key in any of its encodings, which are told apart by their first values. */
export async function readKeyDer(bytes: Buffer, password?: string): Promise<KeyObject> {
  if (!isEncryptedKeyInfo(bytes)) return parse(bytes, 'key-unreadable')
  if (password === undefined) throw new CertificateError('password-needed', { what })
  const node = readDer(bytes)
  return parse(await opened(), 'password-wrong')

  async function opened(): Promise<Buffer> {
    try {
      return await decryptWithPassword(
        childOf(node, 0),
        octetsOf(childOf(node, 1)),
        password ?? '',
        what,
      )
    } catch (error) {
      throw error instanceof DerError ? unreadable('its encryption is damaged', error) : error
    }
  }
}

function isEncryptedKeyInfo(bytes: Buffer): boolean {
  try {
    const node = readDer(bytes)
    return childOf(node, 0).tag === tags.sequence && childOf(node, 1).tag === tags.octetString
  } catch {
    return false
  }
}

function parse(bytes: Buffer, otherwise: 'key-unreadable' | 'password-wrong'): KeyObject {
  for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
    try {
      return createPrivateKey({ key: bytes, format: 'der', type })
    } catch {
      // The next encoding may be the one.
    }
  }
  if (otherwise === 'password-wrong') throw new CertificateError('password-wrong', { what })
  throw unreadable('its content is not one')
}

function exported(key: KeyObject): string {
  checkKeyType(key)
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function unreadable(reason: string, cause?: unknown): CertificateError {
  return new CertificateError('key-unreadable', { reason }, { cause })
}
