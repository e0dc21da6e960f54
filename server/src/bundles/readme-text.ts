import type { BundlePlan } from './bundle.ts'
import { featuresOf } from './bundle-description.ts'
import { splitReference } from './compat-index.ts'

/** For who has to load a bundle with nothing of ours at hand. The same in every volume. */
export function readmeText(plan: BundlePlan, isSigned: boolean): string {
  const features = featuresOf(plan)
  const lines = [
    `Bundle ${plan.id}`,
    '',
    'Container images in the OCI image layout, with lists and a signature in mooring/.',
    'The names of the images are in index.json and, one a line, in mooring/entries.jsonl.',
    '',
    'Check a volume:',
    '  sha256sum -c SHA256SUMS',
    ...signatureLines(isSigned),
    '',
    'Several volumes: copy them into one folder first, which makes one layout of them.',
    '  mkdir whole; for v in vol-*; do cp -rn "$v/." whole/; done',
    'A blob that was larger than a volume lies there in parts; put them together again:',
    '  cd whole',
    '  for p in blobs/*/*.part-0001; do',
    '    [ -e "$p" ] || break; b=${p%.part-0001}; cat "$b".part-* > "$b"',
    '  done',
    '',
    ...loadLines(plan),
    ...(features.includes('sparse-index') ? sparseLines(plan) : []),
    ...(features.includes('referrers') ? referrerLines(plan) : []),
    ...(plan.base.kind === 'none' ? [] : incrementalLines),
    'Load everything, with Mooring:',
    '  mooring bundle import .',
    '',
  ]
  return lines.join('\n')
}

function signatureLines(isSigned: boolean): readonly string[] {
  if (!isSigned) return ['This bundle is not signed.']
  return [
    'Check the signature, with the public key that the sender gave you in another way:',
    '  minisign -V -p SENDER.pub -m mooring/manifest.json',
  ]
}

function loadLines(plan: BundlePlan): readonly string[] {
  const { from, to } = namesOf(plan.entries.find(({ role }) => role === 'root')?.reference)
  return [
    'Load an image with skopeo, from the folder of this file:',
    `  skopeo copy --all --preserve-digests oci:.:${from} docker://${to}`,
    '',
  ]
}

function sparseLines({ entries }: BundlePlan): readonly string[] {
  const sparse = entries.find(({ absent }) => (absent?.length ?? 0) > 0)
  const { from, to } = namesOf(sparse?.reference)
  const [os = 'linux', architecture = 'amd64', variant] =
    sparse?.platforms?.kept[0]?.split('/') ?? []
  const platform = [
    `--override-os ${os} --override-arch ${architecture}`,
    ...(variant === undefined ? [] : [`--override-variant ${variant}`]),
  ].join(' ')
  return [
    'Some images carry some of their platforms only. With --all skopeo misses the others; copy one',
    'platform instead:',
    `  skopeo ${platform} copy oci:.:${from} docker://${to}`,
    '',
  ]
}

function referrerLines({ entries }: BundlePlan): readonly string[] {
  const signed = entries.find(({ role, referrers }) => role === 'root' && referrers > 0)
  const { from, to } = namesOf(signed?.reference)
  return [
    'Load an image with its signatures and attestations, with oras:',
    `  oras cp -r --from-oci-layout-path . ${from} ${to}`,
    '',
  ]
}

const incrementalLines = [
  'Content that the other side has already is not in here: images whose blobs are missing load into',
  'that registry only, with "mooring bundle import".',
  '',
]

function namesOf(reference = 'HOST/ORG/APP:TAG') {
  const { repository, tag } = splitReference(reference)
  const path = repository.slice(repository.indexOf('/') + 1)
  return { from: reference, to: `REGISTRY/${path}${tag === undefined ? '' : `:${tag}`}` }
}
