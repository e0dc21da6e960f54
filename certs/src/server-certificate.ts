import { issueServerCertificate as issue } from './issue.ts'
import type { KeyType } from './keys.ts'

/** A certificate with its private key. `certificatePem` may hold a chain, the own one first. */
export interface KeyedCertificate {
  readonly certificatePem: string
  /** PKCS#8 PEM, unencrypted: store it with mode 0600. */
  readonly keyPem: string
}

export interface ServerCertificateRequest {
  /**
   * Certificates behind the authority's own (its issuers, or itself as cross-signed by an older
   * authority) are sent to clients too.
   */
  readonly authority: KeyedCertificate
  /** Host names, wildcards, IPv4 and IPv6 addresses; the first becomes the common name. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** 1 to 825, default 397, the longest that all clients accept; cut where the authority ends. */
  readonly lifeDays?: number
  /** Of the new key, default `ecdsa-p256`. */
  readonly keyType?: KeyType
  /** Keep this key, PEM, instead of a new one. */
  readonly keyPem?: string
}

/**
 * Issues a TLS server certificate. `certificatePem` is the chain to serve: the server's own first.
 * It begins a day early for clients whose clock is behind, but never before its authority.
 * @throws CertificateError `names-missing`, `name-invalid`, `name-not-permitted`,
 *   `validity-invalid`, `authority-invalid`, `authority-expired`, `authority-not-yet-valid`,
 *   `certificate-unreadable`, `key-unreadable`, `key-type-unsupported`
 */
export async function issueServerCertificate(
  request: ServerCertificateRequest,
): Promise<KeyedCertificate> {
  return issue(request)
}
