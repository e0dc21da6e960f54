import { createPublicKey, verify, type KeyObject } from 'node:crypto'

const longestKey = 8_192
const keyKinds = ['ec', 'rsa', 'ed25519']
const signPredicate = 'https://sigstore.dev/cosign/sign/v1'

/** A public key as `cosign generate-key-pair` writes it; undefined: it is none. */
export function parseSigningKey(pem: string): KeyObject | undefined {
  // Of a private key the public one would be taken, and the private one kept.
  const text = pem.trim()
  if (text.length > longestKey || !text.startsWith('-----BEGIN PUBLIC KEY-----')) return undefined
  try {
    const key = createPublicKey(text)
    return keyKinds.includes(key.asymmetricKeyType ?? '') ? key : undefined
  } catch {
    return undefined
  }
}

export function isSignedBy(keys: readonly KeyObject[], bytes: Buffer, signature: Buffer): boolean {
  return keys.some((key) => {
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    return verify(algorithm, bytes, key, signature)
  })
}

/** @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#payload */
export function imageOfPayload(payload: Buffer): string | undefined {
  const critical = field(parseJson(payload), 'critical')
  if (field(critical, 'type') !== 'cosign container image signature') return undefined
  const digest = field(field(critical, 'image'), 'docker-manifest-digest')
  return typeof digest === 'string' ? digest : undefined
}

/** What a Sigstore bundle signs. */
export interface Envelope {
  /** That which the signatures are of. */
  readonly signed: Buffer
  readonly signatures: readonly Buffer[]
  /** `sha256:<hex>` of the images that the statement vouches for. */
  readonly images: readonly string[]
}

/**
 * The DSSE envelope of a bundle, when what it states is that images were signed: a list of their
 * vulnerabilities is signed too, and says nothing for them.
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function envelopeOf(bundle: Buffer): Envelope | undefined {
  const envelope = field(parseJson(bundle), 'dsseEnvelope')
  const type = field(envelope, 'payloadType')
  const payload = bytesOf(field(envelope, 'payload'))
  if (type !== 'application/vnd.in-toto+json' || payload === undefined) return undefined
  const statement = parseJson(payload)
  if (field(statement, 'predicateType') !== signPredicate) return undefined
  const head = `DSSEv1 ${String(type.length)} ${type} ${String(payload.length)} `
  return {
    signed: Buffer.concat([Buffer.from(head), payload]),
    signatures: listOf(field(envelope, 'signatures')).flatMap(
      (one) => bytesOf(field(one, 'sig')) ?? [],
    ),
    images: listOf(field(statement, 'subject')).flatMap((one) => {
      const hex = field(field(one, 'digest'), 'sha256')
      return typeof hex === 'string' ? [`sha256:${hex}`] : []
    }),
  }
}

export function bytesOf(base64: unknown): Buffer | undefined {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined
}

/** Undefined: it is no JSON. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Reflect.get(value, key) as unknown
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
