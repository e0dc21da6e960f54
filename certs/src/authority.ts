import { createAuthority as create } from './issue.ts'
import type { KeyType } from './keys.ts'
import type { KeyedCertificate } from './server-certificate.ts'

/** What an authority may certify. A list that is absent allows everything of its kind. */
export interface NameConstraints {
  /** `example.com` allows itself and every host below it. */
  readonly domains?: readonly string[]
  /** `10.0.0.0/8`, `2001:db8::/32`. */
  readonly ranges?: readonly string[]
}

export interface AuthorityRequest {
  /** Shown by clients as the name of the authority; at most 64 characters are kept. */
  readonly commonName: string
  readonly organization?: string
  /** Two letters, ISO 3166. */
  readonly country?: string
  /** Default `ecdsa-p256`. */
  readonly keyType?: KeyType
  /** 1 to 30, default 10. */
  readonly years?: number
  readonly permitted?: NameConstraints
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Creates a self-signed authority. It allows one authority below it, so that it can sign its
 * successor (`crossSign`).
 * @throws CertificateError `validity-invalid`, `subject-invalid`, `constraint-invalid`
 */
export async function createAuthority(request: AuthorityRequest): Promise<KeyedCertificate> {
  return create({ ...request, lifeDays: (request.years ?? 10) * 365 })
}

export interface RenewAuthorityRequest {
  readonly authority: KeyedCertificate
  /** 1 to 30, default 10. */
  readonly years?: number
  readonly now: number
}

/**
 * A new certificate for the same name and key, with the same constraints: every certificate it
 * issued before verifies with either.
 * @throws CertificateError `authority-invalid`, `validity-invalid`, `key-unreadable`
 */
export async function renewAuthority(_request: RenewAuthorityRequest): Promise<KeyedCertificate> {
  throw new Error('not built yet')
}

export interface CrossSignRequest {
  /** Certificate of the new authority, PEM. */
  readonly certificatePem: string
  /** The old authority, which clients trust already. */
  readonly by: KeyedCertificate
  readonly now: number
}

/**
 * The new authority as certified by the old one, until whichever ends first. A server that sends
 * it after its own certificate is accepted by clients that trust the old authority alone: give
 * `issueServerCertificate` the new authority with this certificate behind its own.
 * @returns one certificate, PEM
 * @throws CertificateError `authority-invalid`, `authority-expired`, `path-length` when the old
 *   authority allows none below it; clients then have to be given the new one before the switch
 */
export async function crossSign(_request: CrossSignRequest): Promise<string> {
  throw new Error('not built yet')
}

/**
 * One PEM text with every authority in the texts given, each once, in their order.
 * @throws CertificateError `certificate-unreadable`, `authority-invalid`
 */
export function authorityBundle(_pems: readonly string[]): string {
  throw new Error('not built yet')
}
