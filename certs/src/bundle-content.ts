import { X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'

/** What a file holds, before anything is sorted. */
export interface BundleContent {
  readonly certificates: readonly X509Certificate[]
  /** PKCS#8 PEM. */
  readonly keys: readonly string[]
}

export function parse(input: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(input)
  } catch (cause) {
    throw unreadable('its content is not one', cause)
  }
}

export function joined(parts: readonly BundleContent[]): BundleContent {
  return {
    certificates: parts.flatMap(({ certificates }) => certificates),
    keys: parts.flatMap(({ keys }) => keys),
  }
}

export function unreadable(reason: string, cause?: unknown): CertificateError {
  return new CertificateError('certificate-unreadable', { reason }, { cause })
}
