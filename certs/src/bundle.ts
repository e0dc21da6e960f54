export interface CertificateBundle {
  /** The certificate that the key belongs to, or the only one that issued none of the others. */
  readonly leaf: string
  /** Its issuer, that one's issuer, and so on, as far as they were given. */
  readonly chain: readonly string[]
  /** PKCS#8 PEM, unencrypted; absent when none was given. */
  readonly keyPem?: string
  /** Certificates that do not belong to the chain. */
  readonly extras: readonly string[]
}

/**
 * Sorts out what an administrator has: PEM in any order, mixed with keys, DER, PKCS#7 or PKCS#12,
 * in one piece or several. The leaf may be a server's certificate or an authority's.
 * @param password of PKCS#12 and encrypted keys
 * @throws CertificateError `input-too-large`, `certificate-unreadable`, `key-unreadable`,
 *   `certificate-missing`, `leaf-ambiguous`, `key-mismatch`, `password-needed`, `password-wrong`,
 *   `format-unsupported`
 */
export async function readCertificateBundle(
  _inputs: readonly Uint8Array[],
  _password?: string,
): Promise<CertificateBundle> {
  throw new Error('not built yet')
}
