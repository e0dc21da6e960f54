export {
  authorityBundle,
  createAuthority,
  crossSign,
  renewAuthority,
  type AuthorityRequest,
  type CrossSignRequest,
  type RenewAuthorityRequest,
} from './authority.ts'
export { readCertificateBundle, type CertificateBundle } from './bundle.ts'
export { CertificateError } from './certificate-error.ts'
export {
  certificateProblems,
  certificateProblemText,
  type CertificateProblem,
  type ProblemParameters,
} from './certificate-problems.ts'
export {
  checkServerCertificate,
  type CertificateFinding,
  type CertificateToCheck,
} from './check.ts'
export {
  checkKeyMatches,
  describeCertificate,
  fingerprint,
  publicKeyFingerprint,
  renewalTime,
  type CertificateDescription,
} from './describe.ts'
export { certificatesIn, toDer, toPkcs7 } from './formats.ts'
export { encryptKey, isKeyEncrypted, readKey } from './key-files.ts'
export { keyTypes, type KeyType } from './keys.ts'
export type { NameConstraints } from './name-constraints.ts'
export { isCertificateName } from './names.ts'
export { toPkcs12, type Pkcs12Request } from './pkcs12.ts'
export { issueServerCertificate, type ServerCertificateRequest } from './server-certificate.ts'
export {
  createSigningRequest,
  issueFromRequest,
  readSigningRequest,
  type IssueFromRequest,
  type SigningRequest,
  type SigningRequestDescription,
  type SigningRequestInput,
} from './signing-request.ts'
export type { KeyedCertificate } from './sign.ts'
export {
  trustClients,
  trustInstructions,
  trustScript,
  type TrustClient,
  type TrustInstruction,
  type TrustMirror,
  type TrustTarget,
} from './trust/instructions.ts'
export { trustPage } from './trust/page.ts'
