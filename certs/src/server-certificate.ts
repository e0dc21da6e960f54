import { createPublicKey, X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { checkKeyType, keyOrNew, publicKeyDer, type KeyType } from './keys.ts'
import { parseNames, type CertificateName } from './names.ts'
import {
  authorityName,
  checkRange,
  dayMs,
  readIssuer,
  sign,
  subjectName,
  validityWithin,
  type Issuer,
  type KeyedCertificate,
} from './sign.ts'
import { permitsName } from './x509-extensions.ts'
import { loadX509 } from './x509.ts'

export interface ServerCertificateRequest {
  /**
   * Certificates behind the authority's own (its issuers, or itself as cross-signed by an older
   * authority) are sent to clients too.
   */
  readonly authority: KeyedCertificate
  /** Host names, wildcards, IPv4 and IPv6 addresses; the first host name is the common name. */
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
  const { authority, names, now, lifeDays, keyType = 'ecdsa-p256' } = request
  const issue = await prepareIssuing({ authority, names, now, lifeDays })
  const keyPem = await keyOrNew(request.keyPem, keyType)
  return { certificatePem: await issue(publicKeyDer(keyPem)), keyPem }
}

interface Issuing {
  readonly authority: KeyedCertificate
  readonly names: readonly string[]
  readonly now: number
  readonly lifeDays?: number | undefined
}

/** Checks all that does not depend on the key, which takes time to make. */
export async function prepareIssuing(issuing: Issuing) {
  const { authority, now, lifeDays = 397 } = issuing
  const names = parseNames(issuing.names)
  checkRange(lifeDays, { least: 1, most: 825, unit: 'days' })
  const issuer = await readIssuer(authority, now)
  checkPermitted(issuer, names)
  const subject = await subjectName({ commonName: commonName(names) })

  return async (publicKey: Buffer): Promise<string> => {
    const x509 = await loadX509()
    const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags
    const spki = new x509.PublicKey(publicKey)
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    checkKeyType(key)
    const usage =
      key.asymmetricKeyType === 'rsa'
        ? new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true)
        : new x509.KeyUsagesExtension(digitalSignature, true)
    const own = await sign({
      subject,
      issuer: issuer.name,
      publicKey,
      signingKeyPem: issuer.keyPem,
      ...validityWithin(issuer.certificate, now, now + lifeDays * dayMs),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        usage,
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([...names]),
        await x509.SubjectKeyIdentifierExtension.create(spki),
        issuer.authorityKeyIdentifier,
      ],
    })
    return [own, ...servedIssuers(issuer)].join('')
  }
}

/**
 * Clients do not look at it, but OpenSSL takes an address there for a host name, and holds it
 * against the domains that an authority is limited to.
 */
function commonName(names: readonly CertificateName[]): string {
  const [first] = names
  if (first === undefined) throw new CertificateError('names-missing')
  return names.find(({ type }) => type === 'dns')?.value ?? `IP ${first.value}`
}

function checkPermitted({ certificate, use }: Issuer, names: readonly CertificateName[]): void {
  for (const { value: name } of names) {
    if (permitsName(use, name)) continue
    throw new CertificateError('name-not-permitted', {
      name,
      authority: authorityName(certificate),
    })
  }
}

/**
 * An authority that an older one has certified is sent in that form alone: next to its self-signed
 * one some clients choose the latter and stop there, at an authority they do not know.
 */
function servedIssuers({ certificate, certificates }: Issuer): readonly string[] {
  const [own = '', ...others] = certificates
  const isCrossSigned = others.some((pem) => {
    const other = new X509Certificate(pem)
    return other.subject === certificate.subject && other.subject !== other.issuer
  })
  return isCrossSigned && certificate.subject === certificate.issuer ? others : [own, ...others]
}
