/**
 * Everything that can be wrong with certificates, keys and requests: the code that programs depend
 * on, one sentence, one next step. `{name}` stands for a parameter. Codes are never given a second
 * meaning; MOOR-TLS-001 to 099 belong to this table.
 */
export const certificateProblems = {
  'certificate-unreadable': {
    code: 'MOOR-TLS-001',
    text: 'This is not a certificate: {reason}.',
    nextStep: 'Give a certificate as PEM, DER, PKCS#7 or PKCS#12.',
  },
  'key-unreadable': {
    code: 'MOOR-TLS-002',
    text: 'This is not a private key: {reason}.',
    nextStep: 'Give a private key as PEM or DER (PKCS#1, SEC1 or PKCS#8).',
  },
  'password-needed': {
    code: 'MOOR-TLS-003',
    text: 'The {what} is encrypted and no password was given.',
    nextStep: 'Enter the password it was saved with.',
  },
  'password-wrong': {
    code: 'MOOR-TLS-004',
    text: 'The password does not open the {what}.',
    nextStep: 'Enter the password it was saved with; capital letters count.',
  },
  'certificate-missing': {
    code: 'MOOR-TLS-005',
    text: 'There is no certificate in what was given.',
    nextStep: 'Add the certificate file, and the files of its chain.',
  },
  'leaf-ambiguous': {
    code: 'MOOR-TLS-006',
    text: 'There are several server certificates: {subjects}.',
    nextStep: 'Give one of them, or add the private key of the one to use.',
  },
  'key-mismatch': {
    code: 'MOOR-TLS-007',
    text: 'The private key belongs to another certificate than {subject}.',
    nextStep: 'Give the key that was made together with this certificate.',
  },
  'input-too-large': {
    code: 'MOOR-TLS-008',
    text: 'The input has {bytes} bytes; certificates and keys have at most {limit}.',
    nextStep: 'Check that the right file was chosen.',
  },
  'names-missing': {
    code: 'MOOR-TLS-009',
    text: 'A server certificate needs at least one name.',
    nextStep: 'Add the host name or address that clients use.',
  },
  'name-invalid': {
    code: 'MOOR-TLS-010',
    text: '{name} is no host name or address.',
    nextStep: 'Write a host name, a wildcard such as *.example.com, or an IPv4 or IPv6 address.',
  },
  'authority-invalid': {
    code: 'MOOR-TLS-011',
    text: 'This cannot be used as a certificate authority: {reason}.',
    nextStep: 'Give the certificate of an authority together with its own private key.',
  },
  'authority-expired': {
    code: 'MOOR-TLS-012',
    text: 'The certificate authority ended on {notAfter}.',
    nextStep: 'Renew or replace the authority, or correct the clock.',
  },
  'authority-not-yet-valid': {
    code: 'MOOR-TLS-013',
    text: 'The certificate authority is valid only from {notBefore}.',
    nextStep: 'Correct the clock of this machine.',
  },
  'name-not-permitted': {
    code: 'MOOR-TLS-014',
    text: '{name} is outside the names that the authority {authority} may certify.',
    nextStep: 'Remove the name, or use an authority without that constraint.',
  },
  'path-length': {
    code: 'MOOR-TLS-015',
    text: 'The authority {authority} allows {allowed} authorities below it, and there would be {found}.',
    nextStep: 'Use an authority that allows further authorities below it.',
  },
  'request-unreadable': {
    code: 'MOOR-TLS-016',
    text: 'This is not a certificate signing request: {reason}.',
    nextStep: 'Give a PKCS#10 request as PEM or DER.',
  },
  'request-signature-invalid': {
    code: 'MOOR-TLS-017',
    text: 'The signing request is not signed by its own key.',
    nextStep: 'Make the request again; it was changed or damaged on its way.',
  },
  'validity-invalid': {
    code: 'MOOR-TLS-018',
    text: 'The validity must be between {least} and {most} {unit}.',
    nextStep: 'Choose a number in that range.',
  },
  'key-type-unsupported': {
    code: 'MOOR-TLS-019',
    text: 'Keys of type {keyType} cannot be used here.',
    nextStep: 'Use ECDSA P-256 or P-384, or RSA with at least 2048 bits.',
  },
  'subject-invalid': {
    code: 'MOOR-TLS-020',
    text: '{field} cannot be written into a certificate: {reason}.',
    nextStep: 'Correct the value.',
  },
  'constraint-invalid': {
    code: 'MOOR-TLS-021',
    text: '{constraint} is no domain and no address range.',
    nextStep: 'Write a domain such as example.com, or a range such as 10.0.0.0/8 or 2001:db8::/32.',
  },
  'format-unsupported': {
    code: 'MOOR-TLS-022',
    text: 'The {what} is protected in a way that cannot be read here: {reason}.',
    nextStep: 'Export it again with AES-256, or as PEM.',
  },
  'name-missing': {
    code: 'MOOR-TLS-030',
    text: 'The certificate does not cover {name}.',
    nextStep: 'Issue it again with this name, or clients that use the name will refuse it.',
  },
  'key-weak': {
    code: 'MOOR-TLS-031',
    text: 'The key of {subject} is too weak ({keyType}).',
    nextStep: 'Use ECDSA P-256 or P-384, or RSA with at least 2048 bits.',
  },
  'signature-weak': {
    code: 'MOOR-TLS-032',
    text: '{subject} is signed with {algorithm}, which clients refuse.',
    nextStep: 'Have it signed again with SHA-256 or better.',
  },
  'not-yet-valid': {
    code: 'MOOR-TLS-033',
    text: '{subject} is valid only from {notBefore}.',
    nextStep: 'Check the clock of this machine, or wait.',
  },
  expired: {
    code: 'MOOR-TLS-034',
    text: '{subject} ended on {notAfter}.',
    nextStep: 'Renew it, or check the clock of this machine.',
  },
  'expires-soon': {
    code: 'MOOR-TLS-035',
    text: '{subject} ends on {notAfter}, in {days} days.',
    nextStep: 'Renew it.',
  },
  'usage-wrong': {
    code: 'MOOR-TLS-036',
    text: '{subject} is not meant for TLS servers: {usage} is missing.',
    nextStep: 'Have a certificate issued for server authentication.',
  },
  'authority-as-server': {
    code: 'MOOR-TLS-037',
    text: '{subject} is a certificate authority, not a server certificate.',
    nextStep: 'Issue a server certificate with it and use that.',
  },
  'chain-broken': {
    code: 'MOOR-TLS-038',
    text: '{subject} names {issuer} as its issuer, but is not signed by the key of the one given.',
    nextStep: 'Give the issuer that signed it.',
  },
  'chain-incomplete': {
    code: 'MOOR-TLS-039',
    text: 'The issuer of {subject} is missing: {issuer}.',
    nextStep: 'Add the certificate of {issuer} to the chain.',
  },
  'chain-order': {
    code: 'MOOR-TLS-040',
    text: 'The certificates of the chain are not in order, or some do not belong to it.',
    nextStep: 'Put each certificate before the one that issued it.',
  },
  'issuer-not-authority': {
    code: 'MOOR-TLS-041',
    text: '{issuer} signed {subject}, but may not sign certificates.',
    nextStep: 'Have the certificate issued by a certificate authority.',
  },
  'validity-long': {
    code: 'MOOR-TLS-042',
    text: '{subject} is valid for {days} days; some clients refuse more than {limit}.',
    nextStep: 'Issue it for at most {limit} days.',
  },
  untrusted: {
    code: 'MOOR-TLS-043',
    text: 'The chain ends at {issuer}, which is not among the trusted authorities.',
    nextStep: 'Let the clients trust {issuer}, or use a certificate of a trusted authority.',
  },
} as const satisfies Readonly<Record<string, CertificateProblemEntry>>

interface CertificateProblemEntry {
  readonly code: `MOOR-TLS-${string}`
  readonly text: string
  readonly nextStep: string
}

export type CertificateProblem = keyof typeof certificateProblems

/** What the braces in a text stand for; instants are ISO text. Never a key or a password. */
export type ProblemParameters = Readonly<Record<string, string | number>>

/** The English wording of a problem, its parameters filled in. */
export function certificateProblemText(
  problem: CertificateProblem,
  parameters: ProblemParameters,
): CertificateProblemEntry {
  const { code, text, nextStep } = certificateProblems[problem]
  return { code, text: fill(text, parameters), nextStep: fill(nextStep, parameters) }
}

function fill(text: string, parameters: ProblemParameters): string {
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => `${parameters[name] ?? '?'}`)
}
