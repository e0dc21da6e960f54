/** `detail` is safe to show: never a key. */
export type CertificateErrorCode =
  | 'names-missing'
  | 'name-invalid'
  | 'authority-invalid'
  | 'authority-expired'
  | 'certificate-unreadable'
  | 'key-unreadable'

/** What every function of this package throws when its input is at fault. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly code: CertificateErrorCode

  constructor(code: CertificateErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
