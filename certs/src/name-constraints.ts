import { isIP } from 'node:net'
import { CertificateError } from './certificate-error.ts'
import { contextTag, der, tags } from './der.ts'
import { ipOctets, isCertificateName } from './names.ts'

/** What an authority may certify. A list that is absent allows everything of its
 * kind, an empty one nothing. */
export interface NameConstraints {
  /** `example.com` allows itself and every host below it. */
  readonly domains?: readonly string[]
  /** `10.0.0.0/8`, `2001:db8::/32`. */
  readonly ranges?: readonly string[]
}

const domainTag = 0x82
const addressTag = 0x87

/**
 * The value of the extension (RFC 5280, 4.2.1.10); undefined without constraints.
 * @throws CertificateError `constraint-invalid`
 */
export function nameConstraints({ domains, ranges }: NameConstraints): Buffer | undefined {
  const permitted = [...(domains ?? []).map(domain), ...(ranges ?? []).map(range)]
  const excluded = [
    ...(domains?.length === 0 ? [der(domainTag)] : []),
    ...(ranges?.length === 0 ? [8, 32].map((size) => der(addressTag, Buffer.alloc(size))) : []),
  ]
  if (permitted.length + excluded.length === 0) return undefined
  const list = (tag: number, bases: readonly Buffer[]) =>
    bases.length === 0 ? [] : [der(tag, ...bases.map((base) => der(tags.sequence, base)))]
  return der(tags.sequence, ...list(contextTag(0), permitted), ...list(contextTag(1), excluded))
}

function domain(text: string): Buffer {
  if (text.startsWith('*') || isIP(text) !== 0 || !isCertificateName(text)) throw invalid(text)
  return der(domainTag, Buffer.from(text.toLowerCase(), 'latin1'))
}

function range(text: string): Buffer {
  const [, address = '', prefixText = ''] = /^([0-9a-f.:]+)\/([0-9]{1,3})$/i.exec(text) ?? []
  const [bits, prefix] = [isIP(address) === 4 ? 32 : 128, Number(prefixText)]
  if (isIP(address) === 0 || prefix > bits) throw invalid(text)
  const mask = Buffer.from(
    Array.from({ length: bits / 8 }, (_one, at) => {
      const ones = Math.min(Math.max(prefix - at * 8, 0), 8)
      return 0xff & (0xff << (8 - ones))
    }),
  )
  const octets = ipOctets(address)
  return der(addressTag, Buffer.from(octets.map((byte, at) => byte & (mask[at] ?? 0))), mask)
}

function invalid(constraint: string): CertificateError {
  return new CertificateError('constraint-invalid', { constraint: JSON.stringify(constraint) })
}
