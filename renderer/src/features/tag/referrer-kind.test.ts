import { expect, it } from 'vitest'
import { attachmentKind, referrerKind } from './referrer-kind.ts'

const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'

it.each([
  ['application/vnd.dev.cosign.artifact.sig.v1+json', {}, 'signature'],
  ['application/vnd.cncf.notary.signature', {}, 'signature'],
  ['application/spdx+json', {}, 'sbom'],
  ['application/vnd.cyclonedx+json', {}, 'sbom'],
  ['application/vnd.in-toto+json', {}, 'attestation'],
  ['application/sarif+json', {}, 'report'],
  [bundle, { 'dev.sigstore.bundle.content': 'message-signature' }, 'signature'],
  [
    bundle,
    { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' },
    'signature',
  ],
  [
    bundle,
    {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
    },
    'attestation',
  ],
  [
    bundle,
    {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://spdx.dev/Document',
    },
    'sbom',
  ],
  ['application/vnd.example', {}, 'other'],
  [null, {}, 'other'],
] as const)('%s with %j is a kind of its own: %s', (type, annotations, kind) => {
  expect(referrerKind(type, annotations)).toBe(kind)
})

it('knows what is kept under a tag by its ending', () => {
  const endings = ['.sig', '.sbom', '.att', '']
  expect(endings.map((ending) => attachmentKind(`sha256-ab${ending}`))).toEqual([
    'signature',
    'sbom',
    'attestation',
    'other',
  ])
})
