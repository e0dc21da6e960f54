/** Tags under which cosign keeps what belongs to an image, as a pattern of names. */
export const attachmentPrefix = 'sha256-'
export const attachmentSuffixes = ['.sig', '.sbom', '.att'] as const

/** The tag under which cosign keeps the signature of a manifest. */
export function signatureTagOf(digest: string): string {
  return `${digest.replace(':', '-')}.sig`
}

/** Artifacts that refer to what they sign: of cosign, of Notation, and Sigstore bundles. */
const signatureTypes = [
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.cncf.notary.signature',
]
const bundlePrefix = 'application/vnd.dev.sigstore.bundle'

export function isSignatureType(artifactType: string | null): boolean {
  return (
    artifactType !== null &&
    (signatureTypes.includes(artifactType) || artifactType.startsWith(bundlePrefix))
  )
}
