import type { KeyType } from './keys.ts'
import type { KeyedCertificate } from './server-certificate.ts'

export interface SigningRequestInput {
  /** As for `issueServerCertificate`. */
  readonly names: readonly string[]
  readonly organization?: string
  /** Two letters, ISO 3166. */
  readonly country?: string
  /** Of the new key, default `ecdsa-p256`. */
  readonly keyType?: KeyType
  /** Keep this key, PEM, instead of a new one. */
  readonly keyPem?: string
}

export interface SigningRequest {
  /** PKCS#10. */
  readonly requestPem: string
  /** PKCS#8, unencrypted: store it with mode 0600. */
  readonly keyPem: string
}

/**
 * A request that a company's authority can sign, and its key.
 * @throws CertificateError `names-missing`, `name-invalid`, `subject-invalid`, `key-unreadable`,
 *   `key-type-unsupported`
 */
export async function createSigningRequest(_input: SigningRequestInput): Promise<SigningRequest> {
  throw new Error('not built yet')
}

export interface SigningRequestDescription {
  /** `CN=registry.example.com, O=Example` */
  readonly subject: string
  readonly names: readonly string[]
  /** `ecdsa-p256`, `rsa-2048`, … */
  readonly keyType: string
  /** SHA-256 of the public key, `AB:CD:…`; the same as of the certificate made from it. */
  readonly publicKeyFingerprint: string
}

/**
 * Reads a request, PEM or DER, and verifies that it is signed by its own key.
 * @throws CertificateError `request-unreadable`, `request-signature-invalid`
 */
export async function readSigningRequest(
  _request: string | Uint8Array,
): Promise<SigningRequestDescription> {
  throw new Error('not built yet')
}

export interface IssueFromRequest {
  readonly authority: KeyedCertificate
  /** PEM or DER. */
  readonly request: string | Uint8Array
  /** Default: the names of the request. */
  readonly names?: readonly string[]
  readonly now: number
  /** 1 to 825, default 397. */
  readonly lifeDays?: number
}

/**
 * Signs somebody's request as a TLS server certificate; of what it asks for, only the key, the
 * common name and the names are taken.
 * @returns the chain to serve, PEM
 * @throws CertificateError as `readSigningRequest` and `issueServerCertificate`
 */
export async function issueFromRequest(_input: IssueFromRequest): Promise<string> {
  throw new Error('not built yet')
}
