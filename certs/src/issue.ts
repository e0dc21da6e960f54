import { randomBytes, X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { describeCertificate, checkKeyMatches } from './describe.ts'
import { generateKeys, keyToPem, signingKey, type KeyType } from './keys.ts'
import { parseNames } from './names.ts'
import { loadX509 } from './x509.ts'

const dayMs = 86_400_000
/** Clients whose clock is behind by less than this still accept a fresh certificate. */
const backdatedMs = dayMs
const longestCommonName = 64

/** A certificate with its private key. `certificatePem` may hold a chain, the own one first. */
export interface KeyedCertificate {
  readonly certificatePem: string
  /** PKCS#8 PEM, unencrypted: store it with mode 0600. */
  readonly keyPem: string
}

export interface AuthorityRequest {
  /** Shown by clients as the name of the authority; at most 64 characters are kept. */
  readonly commonName: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Default 3650. */
  readonly lifeDays?: number
  /** Default `ecdsa-p256`. */
  readonly keyType?: KeyType
}

/** Creates a self-signed authority that may sign servers but no further authorities. */
export async function createAuthority(request: AuthorityRequest): Promise<KeyedCertificate> {
  const { commonName, now, lifeDays = 3_650, keyType = 'ecdsa-p256' } = request
  const x509 = await loadX509()
  const keys = await generateKeys(keyType)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: new x509.Name(subject(commonName)),
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + lifeDays * dayMs),
    signingAlgorithm: { name: keys.privateKey.algorithm.name, hash: 'SHA-256' },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: pem(certificate), keyPem: await keyToPem(keys.privateKey) }
}

export interface ServerCertificateRequest {
  readonly authority: KeyedCertificate
  /** Host names, wildcards, IPv4 and IPv6 addresses; the first becomes the common name. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Default 397, the longest that all clients accept; cut short where the authority ends. */
  readonly lifeDays?: number
  /** Default `ecdsa-p256`. */
  readonly keyType?: KeyType
}

/**
 * Issues a TLS server certificate. `certificatePem` is the chain: the server's, then the authority's.
 * @throws CertificateError `names-missing`, `name-invalid`, `authority-invalid`,
 *   `authority-expired`, `certificate-unreadable`, `key-unreadable`
 */
export async function issueServerCertificate(
  request: ServerCertificateRequest,
): Promise<KeyedCertificate> {
  const { authority, now, lifeDays = 397, keyType = 'ecdsa-p256' } = request
  const names = parseNames(request.names)
  const [first] = names
  if (first === undefined) {
    throw new CertificateError('names-missing')
  }
  const issuer = checkAuthority(authority, now)

  const x509 = await loadX509()
  const issuerCertificate = new x509.X509Certificate(authority.certificatePem)
  const issuerKeyId = issuerCertificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId
  const signer = await signingKey(authority.keyPem)
  const keys = await generateKeys(keyType)
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new x509.Name(subject(first.value)),
    issuer: issuerCertificate.subjectName,
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(Math.min(now + lifeDays * dayMs, issuer.notAfter)),
    signingAlgorithm: { name: signer.key.algorithm.name, hash: signer.hash },
    publicKey: keys.publicKey,
    signingKey: signer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      keyType === 'ecdsa-p256'
        ? new x509.KeyUsagesExtension(digitalSignature, true)
        : new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...names]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      issuerKeyId === undefined
        ? await x509.AuthorityKeyIdentifierExtension.create(issuerCertificate.publicKey)
        : new x509.AuthorityKeyIdentifierExtension(issuerKeyId),
    ],
  })
  const authorityPem = new X509Certificate(authority.certificatePem).toString()
  return {
    certificatePem: `${pem(certificate)}${authorityPem}`,
    keyPem: await keyToPem(keys.privateKey),
  }
}

function checkAuthority(authority: KeyedCertificate, now: number) {
  const described = describeCertificate(authority.certificatePem)
  if (!described.isAuthority) {
    throw new CertificateError('authority-invalid', {
      reason: 'the certificate may not sign others',
    })
  }
  if (!checkKeyMatches(authority.certificatePem, authority.keyPem)) {
    throw new CertificateError('authority-invalid', {
      reason: 'key and certificate do not belong together',
    })
  }
  if (described.notAfter <= now) {
    throw new CertificateError('authority-expired', {
      notAfter: new Date(described.notAfter).toISOString(),
    })
  }
  return described
}

/** Typed, because the library reads quotes and `#` in plain text as syntax. */
function subject(commonName: string) {
  return [{ CN: [{ utf8String: commonName.slice(0, longestCommonName) }] }]
}

/** Positive, 16 octets, the first never zero: DER keeps it at that length (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0)
  return bytes.toString('hex')
}

function pem(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem').trim()}\n`
}
