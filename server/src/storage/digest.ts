import { Problem } from '../problem.ts'

declare const brand: unique symbol

/** A content digest, `sha256:<64 hex>` or `sha512:<128 hex>`, lower case (OCI image spec, descriptor). */
export type Digest = string & { readonly [brand]: 'Digest' }

export type DigestAlgorithm = 'sha256' | 'sha512'

const digestPattern = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

export function isDigest(text: string): text is Digest {
  return digestPattern.test(text)
}

/** @throws Problem `digest-invalid` when the text is no digest of a supported algorithm. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new Problem('digest-invalid', { digest: text.slice(0, 200) })
  return text
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512'
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}
