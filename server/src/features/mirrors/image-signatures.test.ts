import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'

import { parseDigest, type Digest } from '../../storage/digest.ts'
import type { CopySource } from '../copying/copy.ts'
import { createSignatureCheck } from './image-signatures.ts'
import { parseSigningKey } from './signed-payload.ts'

const digestOf = (bytes: Buffer): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
const image = digestOf(Buffer.from('an image'))
const other = digestOf(Buffer.from('another image'))
const signal = new AbortController().signal
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}
const pairs = {
  ecdsa: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ed25519: generateKeyPairSync('ed25519'),
} as const satisfies Record<string, Pair>
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const signatureOf = (bytes: Buffer, { privateKey }: Pair) =>
  sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey).toString(
    'base64',
  )

/** A registry that has signatures, and nothing else. */
function createUpstream() {
  const blobs = new Map<string, Buffer>()
  const tags = new Map<string, Buffer>()
  const referrers: Buffer[] = []
  const put = (bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes)
    return { digest: digestOf(bytes), size: bytes.length }
  }
  const manifestOf = (mediaType: string, bytes: Buffer, annotations = {}) =>
    Buffer.from(JSON.stringify({ layers: [{ mediaType, ...put(bytes), annotations }] }))
  const found = (bytes: Buffer) => ({ bytes, mediaType: '', digest: digestOf(bytes) })

  const upstream: CopySource = {
    headManifest: async (reference) => (tags.has(reference) ? { mediaType: '' } : undefined),
    getManifest: async (reference) =>
      found(
        tags.get(reference) ??
          referrers.find((one) => digestOf(one) === reference) ??
          Buffer.from('{}'),
      ),
    listReferrers: async () =>
      referrers.map((bytes) => ({ digest: digestOf(bytes), mediaType: '', size: bytes.length })),
    openBlob: (digest) => Readable.from([blobs.get(digest) ?? Buffer.from('')]),
  }
  const signed = (subject: Digest, by: Pair) => {
    const payload = Buffer.from(
      JSON.stringify({
        critical: {
          identity: { 'docker-reference': 'registry.example/app' },
          image: { 'docker-manifest-digest': subject },
          type: 'cosign container image signature',
        },
        optional: null,
      }),
    )
    return manifestOf('application/vnd.dev.cosign.simplesigning.v1+json', payload, {
      'dev.cosignproject.cosign/signature': signatureOf(payload, by),
    })
  }
  return {
    upstream,
    blobs,
    byTag: (subject: Digest, by: Pair) =>
      tags.set(`${image.replace(':', '-')}.sig`, signed(subject, by)),
    byReferrer: (subject: Digest, by: Pair) => referrers.push(signed(subject, by)),
    byBundle: (
      subject: Digest,
      by: Pair,
      predicateType = 'https://sigstore.dev/cosign/sign/v1',
    ) => {
      const statement = { predicateType, subject: [{ digest: { sha256: subject.slice(7) } }] }
      const payload = Buffer.from(JSON.stringify({ ...statement, predicate: {} }))
      const type = 'application/vnd.in-toto+json'
      const bytes = Buffer.concat([
        Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `),
        payload,
      ])
      const bundle = {
        mediaType: bundleType,
        dsseEnvelope: {
          ...{ payloadType: type, payload: payload.toString('base64') },
          signatures: [{ sig: signatureOf(bytes, by) }],
        },
      }
      referrers.push(manifestOf(bundleType, Buffer.from(JSON.stringify(bundle))))
    },
  }
}

const pemOf = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'pem' }).toString()
const check = (upstream: CopySource, ...by: Pair[]) =>
  createSignatureCheck({
    keys: by.flatMap((pair) => parseSigningKey(pemOf(pair)) ?? []),
    upstream,
    reference: 'registry.example/app',
  })(image, signal)
const refused = (why: string) => ({
  code: 'not_signed',
  message: `registry.example/app@${image} was refused: ${why}`,
})
const byNobody = refused('nobody has signed it')
const byOthers = refused('none of its signatures is by a key of the mirror')

describe('an image passes', () => {
  it.each(Object.entries(pairs))('when a key of %s signed it, in a tag', async (_name, pair) => {
    const { upstream, byTag } = createUpstream()
    byTag(image, pair)
    await expect(check(upstream, stranger, pair)).resolves.toBeUndefined()
    await expect(check(upstream, stranger)).rejects.toMatchObject(byOthers)
  })

  it('when one of several signatures is by one of the keys', async () => {
    const { upstream, byTag, byReferrer, byBundle } = createUpstream()
    byTag(image, stranger)
    byReferrer(image, pairs.rsa)
    byBundle(image, pairs.ecdsa)
    await expect(check(upstream, pairs.rsa)).resolves.toBeUndefined()
    await expect(check(upstream, pairs.ecdsa)).resolves.toBeUndefined()
    await expect(check(upstream, pairs.ed25519)).rejects.toMatchObject(byOthers)
  })
})

describe('an image is refused', () => {
  it('that nobody signed', async () => {
    await expect(check(createUpstream().upstream, pairs.rsa)).rejects.toMatchObject(byNobody)
  })

  it('with the signature of another image', async () => {
    const { upstream, byTag, byBundle } = createUpstream()
    byTag(other, pairs.ecdsa)
    byBundle(other, pairs.ecdsa)
    await expect(check(upstream, pairs.ecdsa)).rejects.toMatchObject(byOthers)
  })

  it('of which somebody only found the vulnerabilities', async () => {
    const { upstream, byBundle } = createUpstream()
    byBundle(image, pairs.ecdsa, 'https://cosign.sigstore.dev/attestation/vuln/v1')
    await expect(check(upstream, pairs.ecdsa)).rejects.toMatchObject(byOthers)
  })

  it('when what was signed is not what came', async () => {
    const { upstream, byTag, blobs } = createUpstream()
    byTag(image, pairs.ecdsa)
    for (const [digest, bytes] of blobs) blobs.set(digest, Buffer.concat([bytes, Buffer.from(' ')]))
    await expect(check(upstream, pairs.ecdsa)).rejects.toMatchObject(byOthers)
  })
})

it('takes public keys only', () => {
  const { privateKey } = pairs.ecdsa
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(parseSigningKey(pem)).toBeUndefined()
  expect(
    parseSigningKey('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'),
  ).toBeUndefined()
  const x25519 = generateKeyPairSync('x25519')
  expect(parseSigningKey(pemOf(x25519))).toBeUndefined()
})
