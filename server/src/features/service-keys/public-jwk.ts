import { createPublicKey, type KeyObject } from 'node:crypto'

import { Problem } from '../../problem.ts'

/** The public members of a key (RFC 7518, 6), and nothing else that came with them. */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC'
  readonly kid: string
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
}

export interface GivenJwk {
  readonly kty: 'RSA' | 'EC'
  readonly kid?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
}

/** @throws Problem `rule-violated` */
export function parsePublicJwk(given: GivenJwk, kid: string): PublicJwk {
  const { kty, n, e, crv, x, y } = given
  const members = kty === 'RSA' ? { n, e } : { crv, x, y }
  const isWhole = Object.values(members).every((member) => member !== undefined && member !== '')
  if (!isWhole || (given.kid !== undefined && given.kid !== kid)) throw invalidKey()
  const jwk = { kty, ...members, kid } as PublicJwk
  const { asymmetricKeyDetails: details } = publicKeyOf(jwk)
  if (kty === 'RSA' && (details?.modulusLength ?? 0) < 2_048) throw invalidKey()
  return jwk
}

/** @throws Problem `rule-violated` */
export function publicKeyOf(jwk: PublicJwk): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch (cause) {
    throw invalidKey(cause)
  }
}

function invalidKey(cause?: unknown): Problem {
  return new Problem('rule-violated', { message: 'Invalid JWK' }, { cause })
}
