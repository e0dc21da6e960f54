import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose'

/** The key of a service that has to make itself known. */
export interface ServiceKeyPair {
  readonly kid: string
  readonly jwk: JWK
  readonly privateKey: KeyObject
}

export async function createServiceKeyPair(): Promise<ServiceKeyPair> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const jwk = await exportJWK(publicKey)
  return { kid: await calculateJwkThumbprint(jwk), jwk, privateKey }
}

export interface SignOptions {
  /** `https://` and the name by which the registry calls itself. */
  readonly audience: string
  readonly service?: string
  readonly lifeSeconds?: number
  readonly algorithm?: string
}

/** What a service shows when it submits or removes a key. */
export function signAsService(
  { kid, privateKey }: Pick<ServiceKeyPair, 'kid' | 'privateKey'>,
  { audience, service = 'scanner', lifeSeconds = 60, algorithm = 'RS256' }: SignOptions,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({})
    .setProtectedHeader({ alg: algorithm, kid })
    .setIssuer(service)
    .setAudience(audience)
    .setIssuedAt(now)
    .setNotBefore(now - 1)
    .setExpirationTime(now + lifeSeconds)
    .sign(privateKey)
}
