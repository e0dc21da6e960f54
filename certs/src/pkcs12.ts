export interface Pkcs12Request {
  /** The certificate of the key first, its chain behind it. */
  readonly certificatePem: string
  readonly keyPem: string
  readonly password: string
  /** Shown by key stores; default: the common name. */
  readonly friendlyName?: string
}

/**
 * Certificate, chain and key as one encrypted PKCS#12 file (AES-256, SHA-256).
 * @throws CertificateError `certificate-unreadable`, `key-unreadable`, `key-mismatch`
 */
export async function toPkcs12(_request: Pkcs12Request): Promise<Buffer> {
  throw new Error('not built yet')
}
