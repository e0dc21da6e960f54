/**
 * The certificates of a PEM text, one PEM each; other blocks are passed over.
 * @throws CertificateError `certificate-unreadable`
 */
export function certificatesIn(_pem: string): readonly string[] {
  throw new Error('not built yet')
}

/**
 * The first certificate of a PEM text as DER (`application/x-x509-ca-cert`).
 * @throws CertificateError `certificate-unreadable`
 */
export function toDer(_pem: string): Buffer {
  throw new Error('not built yet')
}

/**
 * All certificates of a PEM text as PKCS#7, DER (`application/x-pkcs7-certificates`).
 * @throws CertificateError `certificate-unreadable`
 */
export function toPkcs7(_pem: string): Buffer {
  throw new Error('not built yet')
}
