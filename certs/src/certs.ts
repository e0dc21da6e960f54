export { CertificateError, type CertificateErrorCode } from './certificate-error.ts'
export {
  checkKeyMatches,
  describeCertificate,
  fingerprint,
  type CertificateDescription,
} from './describe.ts'
export {
  createAuthority,
  issueServerCertificate,
  type AuthorityRequest,
  type KeyedCertificate,
  type ServerCertificateRequest,
} from './issue.ts'
export type { KeyType } from './keys.ts'
export { isCertificateName } from './names.ts'
export {
  trustInstructions,
  type TrustClient,
  type TrustInstruction,
  type TrustTarget,
} from './trust/instructions.ts'
