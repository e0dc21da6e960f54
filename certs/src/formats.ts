import { X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { contextTag, der, derInteger, derOid, tags } from './der.ts'
import { checkSize } from './input.ts'
import { countBegins, pemBlocks } from './pem.ts'

/**
 * The certificates of a PEM text, one PEM each; other blocks are passed over.
 * @throws CertificateError `certificate-unreadable` also when there is none, `input-too-large`
 */
export function certificatesIn(pem: string): readonly string[] {
  checkSize(pem)
  const blocks = pemBlocks(pem)
  if (blocks.length < countBegins(pem)) throw unreadable('it is cut short')
  const found = blocks.filter(isCertificateBlock).map(({ text }) => parse(text).toString())
  if (found.length === 0) throw unreadable('it is no certificate in PEM')
  return found
}

export function isCertificateBlock({ label }: { label: string }): boolean {
  return ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'].includes(label)
}

/**
 * The first certificate of a PEM text as DER (`application/x-x509-ca-cert`).
 * @throws CertificateError `certificate-unreadable`
 */
export function toDer(pem: string): Buffer {
  return parse(certificatesIn(pem)[0] ?? '').raw
}

/** Object identifiers of PKCS#7. */
export const [data, signedData] = ['1.2.840.113549.1.7.1', '1.2.840.113549.1.7.2'] as const

/**
 * All certificates of a PEM text as PKCS#7, DER (`application/x-pkcs7-certificates`).
 * @throws CertificateError `certificate-unreadable`
 */
export function toPkcs7(pem: string): Buffer {
  const certificates = certificatesIn(pem).map((one) => parse(one).raw)
  const content = der(
    tags.sequence,
    derInteger(1),
    der(tags.set),
    der(tags.sequence, derOid(data)),
    der(contextTag(0), ...certificates.toSorted((one, other) => Buffer.compare(one, other))),
    der(tags.set),
  )
  return der(tags.sequence, derOid(signedData), der(contextTag(0), content))
}

function parse(input: string): X509Certificate {
  try {
    return new X509Certificate(input)
  } catch (cause) {
    throw unreadable('it is no certificate in PEM', cause)
  }
}

function unreadable(reason: string, cause?: unknown): CertificateError {
  return new CertificateError('certificate-unreadable', { reason }, { cause })
}
