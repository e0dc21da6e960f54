export type ReferrerKind = 'signature' | 'sbom' | 'attestation' | 'report' | 'other'

const types: readonly (readonly [RegExp, ReferrerKind])[] = [
  [/^application\/vnd\.dev\.cosign\.artifact\.sig\./, 'signature'],
  [/^application\/vnd\.dev\.cosign\.simplesigning\./, 'signature'],
  [/^application\/vnd\.cncf\.notary\.signature$/, 'signature'],
  [/spdx|cyclonedx|vnd\.syft|artifact\.sbom/, 'sbom'],
  [/in-toto|vnd\.dsse|artifact\.att\./, 'attestation'],
  [/sarif|vulnerabilit|trivy|security\.report/, 'report'],
]

/** What a referrer is to its subject, by the types in use; a Sigstore bundle says it in annotations. */
export function referrerKind(
  artifactType: string | null,
  annotations: Readonly<Record<string, string>>,
): ReferrerKind {
  const type = artifactType?.toLowerCase() ?? ''
  if (type.startsWith('application/vnd.dev.sigstore.bundle')) {
    const predicate = annotations['dev.sigstore.bundle.predicateType'] ?? ''
    const isSignature =
      predicate === '' || predicate.startsWith('https://sigstore.dev/cosign/sign/')
    return isSignature && annotations['dev.sigstore.bundle.content'] !== 'dsse-envelope'
      ? 'signature'
      : (kindOf(predicate.toLowerCase()) ?? (isSignature ? 'signature' : 'attestation'))
  }
  return kindOf(type) ?? 'other'
}

/** Of a tag under which cosign keeps what belongs to an image: `sha256-….sig`. */
export function attachmentKind(tag: string): ReferrerKind {
  const ending = /\.(sig|sbom|att)$/.exec(tag)?.[1]
  return ending === 'sig'
    ? 'signature'
    : ending === 'sbom'
      ? 'sbom'
      : ending === 'att'
        ? 'attestation'
        : 'other'
}

const kindOf = (type: string) => types.find(([pattern]) => pattern.test(type))?.[1]
