/**
 * What can be wrong with the certificates of a server beyond a certificate itself: the code that
 * programs depend on, one sentence, one next step. MOOR-TLS-101 to 199 belong to this table; those
 * below are in @mooring/certs.
 */
export const certificateFaults = {
  'authority-missing': {
    code: 'MOOR-TLS-101',
    text: 'There is no certificate authority in {folder}.',
    nextStep: 'Create a signing request, or replace the certificate with one of your own.',
  },
  'authority-key-offline': {
    code: 'MOOR-TLS-102',
    text: 'The key of the certificate authority {authority} is not on this machine.',
    nextStep: 'Bring the key back (mooring cert ca online --key FILE), then try again.',
  },
  'folder-read-only': {
    code: 'MOOR-TLS-103',
    text: 'The folder {folder} cannot be written.',
    nextStep: 'Mount it writable, or put ssl.cert and ssl.key there yourself.',
  },
  busy: {
    code: 'MOOR-TLS-104',
    text: 'Another change of the certificates is under way.',
    nextStep: 'Wait for a moment, then try again.',
  },
  'request-missing': {
    code: 'MOOR-TLS-105',
    text: 'No signing request waits for its certificate.',
    nextStep: 'Create one first (mooring cert csr).',
  },
  'earlier-unknown': {
    code: 'MOOR-TLS-106',
    text: 'There is no earlier certificate to go back to that is still valid.',
    nextStep: 'Choose one of the history that has not ended (mooring cert history), or renew.',
  },
  'certificate-refused': {
    code: 'MOOR-TLS-107',
    text: 'Clients would refuse this certificate: {reasons}',
    nextStep: 'Have it issued again without these faults, or insist (--force).',
  },
  'request-key-differs': {
    code: 'MOOR-TLS-108',
    text: 'This certificate was not made from the signing request that waits here.',
    nextStep: 'Give the certificate that was signed for this request, or create a new request.',
  },
  'rollover-under-way': {
    code: 'MOOR-TLS-109',
    text: 'The authority is being replaced; the step that is reached is "{phase}".',
    nextStep: 'Go on with the next step, or cancel the replacement while that is possible.',
  },
  'rollover-missing': {
    code: 'MOOR-TLS-110',
    text: 'This step of replacing the authority does not follow on "{phase}".',
    nextStep: 'The steps are: start, switch, finish; a start can be cancelled.',
  },
  'confirmation-wrong': {
    code: 'MOOR-TLS-111',
    text: 'The name that was typed is not that of the certificate authority.',
    nextStep: 'Type {expected} to confirm.',
  },
  'passphrase-short': {
    code: 'MOOR-TLS-112',
    text: 'The passphrase has to have at least {least} characters.',
    nextStep: 'Choose a longer one; several words are good.',
  },
  'key-missing': {
    code: 'MOOR-TLS-113',
    text: 'The private key is missing.',
    nextStep: 'Give the key that was made together with the certificate.',
  },
  'certificate-none': {
    code: 'MOOR-TLS-114',
    text: 'This server has no certificate yet.',
    nextStep:
      'Say which names it shall have, replace it with one of your own, or create a request.',
  },
  'name-required': {
    code: 'MOOR-TLS-115',
    text: 'The names do not cover {name}, by which clients reach this registry.',
    nextStep: 'Add it, or change SERVER_HOSTNAME first.',
  },
  'renewal-foreign': {
    code: 'MOOR-TLS-116',
    text: 'The certificate ends on {end} and is not renewed by itself: {issuer} issued it, not this server.',
    nextStep: 'Replace it before then, or have it issued here (renew).',
  },
  'renewal-key-offline': {
    code: 'MOOR-TLS-117',
    text: 'The certificate ends on {end} and is not renewed by itself: the key of {authority} is not on this machine.',
    nextStep: 'Bring the key back before then (mooring cert ca online --key FILE) and renew.',
  },
  'renewal-passphrase': {
    code: 'MOOR-TLS-118',
    text: 'The certificate ends on {end} and is not renewed by itself: the key of {authority} is behind a passphrase that is not stored.',
    nextStep:
      'Renew it by hand before then, or store the passphrase (mooring cert ca passphrase store).',
  },
  'renewal-authority-ends': {
    code: 'MOOR-TLS-119',
    text: 'The certificate ends on {end} and is not renewed by itself: {authority} ends on {authorityEnd}, so that a new one would last no longer.',
    nextStep: 'Renew the authority (mooring cert ca renew), or replace it.',
  },
  'passphrase-unreadable': {
    code: 'MOOR-TLS-120',
    text: 'The stored passphrase of {authority} cannot be read: it was stored under another DATABASE_SECRET_KEY, or damaged.',
    nextStep: 'Store it again (mooring cert ca passphrase store).',
  },
  'key-not-encrypted': {
    code: 'MOOR-TLS-121',
    text: 'The key of {authority} is not behind a passphrase here.',
    nextStep: 'There is nothing to store; encrypt the key first (mooring cert ca protect).',
  },
  'settings-missing': {
    code: 'MOOR-TLS-122',
    text: 'There are no settings in {folder} yet, and so no key to protect a passphrase with.',
    nextStep: 'Finish the setup first.',
  },
  'trust-not-authority': {
    code: 'MOOR-TLS-123',
    text: '{subject} is no certificate authority.',
    nextStep: 'Give the certificate of the authority that issued it: {issuer}.',
  },
  'trust-ended': {
    code: 'MOOR-TLS-124',
    text: '{subject} ended on {end}.',
    nextStep: 'Ask whoever runs it for the certificate that took its place.',
  },
  'trust-not-root': {
    code: 'MOOR-TLS-125',
    text: '{subject} was issued by {issuer}; trusting it alone changes nothing.',
    nextStep: 'Trust {issuer}; where the server does not send it, add it from a file.',
  },
  'trust-unknown': {
    code: 'MOOR-TLS-126',
    text: 'No certificate with the fingerprint {fingerprint} is among those found.',
    nextStep: 'Look at the list again: it may have been changed meanwhile.',
  },
  'trust-unreachable': {
    code: 'MOOR-TLS-127',
    text: 'No TLS server answers at {server}: {reason}.',
    nextStep: 'Check host and port, and that this machine can reach them.',
  },
  'trust-name-taken': {
    code: 'MOOR-TLS-128',
    text: 'There is a file {file} already, with other content.',
    nextStep: 'Choose another name, or leave it out.',
  },
} as const

export type CertificateFaultName = keyof typeof certificateFaults

/** Something about the certificates of this server that its administrator can put right. */
export class CertificateFault extends Error {
  override readonly name = 'CertificateFault'
  readonly fault: CertificateFaultName
  /** `MOOR-TLS-…` */
  readonly code: string
  readonly nextStep: string
  /** What the braces of its texts stand for. */
  readonly parameters: Readonly<Record<string, string | number>>

  constructor(
    fault: CertificateFaultName,
    parameters: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    const { code, text, nextStep } = certificateFaults[fault]
    const fill = (template: string) =>
      template.replace(/\{(\w+)\}/g, (_whole, name: string) => String(parameters[name] ?? '?'))
    super(fill(text), options)
    this.fault = fault
    this.code = code
    this.nextStep = fill(nextStep)
    this.parameters = parameters
  }
}
