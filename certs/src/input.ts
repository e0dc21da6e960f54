import { CertificateError } from './certificate-error.ts'

/** A chain with its keys is a few kilobytes; a company's whole trust store is below one megabyte. */
const limit = 1024 * 1024

export function checkSize(...inputs: readonly (string | Uint8Array)[]): void {
  const bytes = inputs.reduce((sum, input) => sum + input.length, 0)
  if (bytes > limit) throw new CertificateError('input-too-large', { bytes, limit })
}
