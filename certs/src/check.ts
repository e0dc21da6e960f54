import type { X509Certificate } from 'node:crypto'
import { isIssuer, orderChain } from './bundle.ts'
import {
  certificateProblems,
  type CertificateProblem,
  type ProblemParameters,
} from './certificate-problems.ts'
import { alternativeNames, oneLine, readCertificate } from './describe.ts'
import { keyTypeOf, readPrivateKey } from './keys.ts'
import { parseName } from './names.ts'
import { dayMs } from './sign.ts'
import { allowsServerAuth, permitsName, readUse } from './x509-extensions.ts'

export interface CertificateToCheck {
  /** PEM. */
  readonly certificate: string
  /** What is sent behind it, one PEM each, in the order it is sent. */
  readonly chain: readonly string[]
  /** PEM, unencrypted; not looked at when absent. */
  readonly keyPem?: string
  /** Every host name and address that clients use. */
  readonly names: readonly string[]
  readonly now: number
  /** Authorities that clients trust, one PEM each; trust is not looked at when absent. */
  readonly trust?: readonly string[]
  /** Default 30. */
  readonly expiresSoonDays?: number
}

export interface CertificateFinding {
  readonly problem: CertificateProblem
  /** `MOOR-TLS-…` */
  readonly code: string
  /** Clients refuse an error; a warning will be one, or is one for some. */
  readonly severity: 'error' | 'warning'
  readonly parameters: ProblemParameters
}

type Report = (
  problem: CertificateProblem,
  parameters: ProblemParameters,
  severity?: CertificateFinding['severity'],
) => void

const warnings: ReadonlySet<CertificateProblem> = new Set([
  'expires-soon',
  'chain-order',
  'validity-long',
])
/** Apple's limit, the shortest of those that clients apply to authorities of one's own. */
const longestDays = 825
/** What a day's backdating adds is not counted. */
const toleranceDays = 1

/**
 * Everything that clients would hold against a server certificate; none when it is good. The
 * wording of a finding is `certificateProblemText(problem, parameters)`.
 * @throws CertificateError `certificate-unreadable`, `key-unreadable`, `name-invalid`
 */
export function checkServerCertificate(input: CertificateToCheck): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = []
  const report: Report = (problem, parameters, severity) => {
    const { code } = certificateProblems[problem]
    const usual = warnings.has(problem) ? 'warning' : 'error'
    findings.push({ problem, code, severity: severity ?? usual, parameters })
  }
  const leaf = readCertificate(input.certificate)
  const sent = input.chain.map(readCertificate)
  const trusted = input.trust?.map(readCertificate)
  const ordered = orderChain(leaf, sent)
  const path = findPath([leaf, ...ordered], trusted ?? [], input.now)

  checkLeaf(leaf, input, report)
  for (const one of path) {
    checkStrength(one, path.at(-1) === one, report)
    checkDates(one, input.now, report)
  }
  checkEnd(path, sent, trusted, report)
  if (ordered.length !== sent.length || ordered.some((one, at) => sent[at] !== one)) {
    report('chain-order', {})
  }
  checkAuthorities(path, report)
  return findings
}

/** From the leaf to a trusted authority; as far as the chain goes when there is none. */
function findPath(
  chain: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  now: number,
): readonly X509Certificate[] {
  const path: X509Certificate[] = []
  for (const one of chain) {
    path.push(one)
    if (trusted.some((root) => isSame(root, one))) break
    const anchors = trusted.filter((root) => isIssuer(root, one))
    const anchor = anchors.find(({ validToDate }) => validToDate.getTime() >= now) ?? anchors[0]
    if (anchor !== undefined) return [...path, anchor]
  }
  return path
}

function checkLeaf(
  leaf: X509Certificate,
  { keyPem, names, expiresSoonDays = 30, now }: CertificateToCheck,
  report: Report,
): void {
  const subject = nameOf(leaf)
  if (keyPem !== undefined && !leaf.checkPrivateKey(readPrivateKey(keyPem))) {
    report('key-mismatch', { subject })
  }
  const covered = alternativeNames(leaf.subjectAltName ?? '')
  for (const name of names) {
    if (!isCovered(name, covered)) report('name-missing', { name })
  }
  const use = readUse(leaf)
  if (use.isAuthority) report('authority-as-server', { subject })
  if (!allowsServerAuth(use)) report('usage-wrong', { subject, usage: 'serverAuth' })
  const mayServe =
    use.keyUsage === undefined ||
    use.keyUsage.has('digitalSignature') ||
    (leaf.publicKey.asymmetricKeyType === 'rsa' && use.keyUsage.has('keyEncipherment'))
  if (!mayServe) report('usage-wrong', { subject, usage: 'digitalSignature' })
  checkLife(leaf, now, expiresSoonDays, report)
}

function checkLife(leaf: X509Certificate, now: number, soonDays: number, report: Report): void {
  const subject = nameOf(leaf)
  const [from, to] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()]
  const days = Math.floor((to - from) / dayMs)
  if (days > longestDays + toleranceDays) {
    report('validity-long', { subject, days, limit: longestDays })
  }
  if (to > now && to - now < soonDays * dayMs) {
    const left = Math.floor((to - now) / dayMs)
    report('expires-soon', { subject, notAfter: iso(to), days: left })
  }
}

/** The common name does not count: no client of these years looks at it. */
function isCovered(name: string, covered: readonly string[]): boolean {
  const { type, value } = parseName(name)
  if (covered.includes(value)) return true
  if (type === 'ip' || value.startsWith('*.') || !value.includes('.')) return false
  return covered.includes(`*${value.slice(value.indexOf('.'))}`)
}

function checkStrength(one: X509Certificate, isLast: boolean, report: Report): void {
  const subject = nameOf(one)
  const keyType = keyTypeOf(one.publicKey)
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = one.publicKey
  const isStrong = /^ecdsa-p(?:256|384|521)$/.test(keyType) || (details?.modulusLength ?? 0) >= 2048
  if (!isStrong) {
    const isKnown = kind === 'ec' || kind === 'rsa' || kind === 'rsa-pss' || kind === 'dsa'
    report(isKnown ? 'key-weak' : 'key-type-unsupported', { subject, keyType })
  }
  // Nobody verifies the signature that a root has under itself.
  const algorithm = one.signatureAlgorithm ?? one.signatureAlgorithmOid
  if (!(isLast && one.subject === one.issuer) && isWeakSignature(algorithm)) {
    report('signature-weak', { subject, algorithm })
  }
}

function isWeakSignature(algorithm: string): boolean {
  return /md[245]|sha-?1(?![0-9])/i.test(algorithm)
}

function checkDates(one: X509Certificate, now: number, report: Report): void {
  const [from, to] = [one.validFromDate.getTime(), one.validToDate.getTime()]
  const subject = nameOf(one)
  if (now < from) report('not-yet-valid', { subject, notBefore: iso(from) })
  if (now > to) report('expired', { subject, notAfter: iso(to) })
}

/** Where the path ends, and why there. */
function checkEnd(
  path: readonly X509Certificate[],
  sent: readonly X509Certificate[],
  trusted: readonly X509Certificate[] | undefined,
  report: Report,
): void {
  const last = path.at(-1)
  if (last === undefined || trusted?.some((root) => isSame(root, last)) === true) return
  if (last.subject === last.issuer) {
    if (trusted !== undefined) report('untrusted', { issuer: nameOf(last) })
    return
  }
  const isNamesake = (one: X509Certificate) => one.subject === last.issuer
  const isBroken = [...sent, ...(trusted ?? [])].some(isNamesake)
  const parameters = { subject: nameOf(last), issuer: oneLine(last.issuer) }
  if (isBroken) report('chain-broken', parameters)
  else if (trusted !== undefined) report('chain-incomplete', parameters)
  // Clients have the root themselves; whether the issuer of a lone certificate is one, who knows.
  else if (path.length === 1) report('chain-incomplete', parameters, 'warning')
}

function checkAuthorities(path: readonly X509Certificate[], report: Report): void {
  const [leaf, ...issuers] = path
  const names = alternativeNames(leaf?.subjectAltName ?? '')
  issuers.forEach((one, below) => {
    const use = readUse(one)
    const authority = nameOf(one)
    if (!use.isAuthority || use.keyUsage?.has('keyCertSign') === false) {
      const subject = path[below] === undefined ? '' : nameOf(path[below])
      report('issuer-not-authority', { issuer: authority, subject })
    }
    if (use.pathLength !== undefined && below > use.pathLength) {
      report('path-length', { authority, allowed: use.pathLength, found: below })
    }
    if (!allowsServerAuth(use)) report('usage-wrong', { subject: authority, usage: 'serverAuth' })
    for (const name of names) {
      if (!permitsName(use, name)) report('name-not-permitted', { name, authority })
    }
  })
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.fingerprint256 === other.fingerprint256
}

function nameOf({ subject }: X509Certificate): string {
  return oneLine(subject)
}

function iso(instant: number): string {
  return new Date(instant).toISOString()
}
