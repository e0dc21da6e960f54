import type { BundlePlan } from './bundle.ts'
import { featuresOf } from './bundle-description.ts'

/** For who has to load a bundle with nothing of ours at hand. The same for every volume. */
export function readmeText(plan: BundlePlan, signerKey: string | undefined): string {
  const features = featuresOf(plan)
  const first = plan.entries.find(({ role }) => role === 'root')
  const reference = first?.reference ?? 'HOST/ORG/APP:TAG'
  const path = reference.slice(reference.indexOf('/') + 1)
  const [, sparsePlatform = 'linux/amd64'] =
    /^(.*)$/.exec(
      plan.entries.find(({ absent }) => (absent?.length ?? 0) > 0)?.platforms?.kept[0] ?? '',
    ) ?? []
  const [os = 'linux', architecture = 'amd64', variant] = (sparsePlatform || 'linux/amd64').split(
    '/',
  )
  const lines = [
    `Bundle ${plan.id}`,
    '',
    'Container images in the OCI image layout, with lists and a signature in mooring/.',
    'The names of the images are in index.json and, one a line, in mooring/entries.jsonl.',
    '',
    'Check a volume:',
    '  sha256sum -c SHA256SUMS',
    ...(signerKey === undefined
      ? ['This bundle is not signed.']
      : [
          'Check the signature, with the public key that the sender gave you in another way:',
          '  minisign -V -p SENDER.pub -m mooring/manifest.json',
        ]),
    '',
    'Several volumes: copy them into one folder first, which makes one layout of them.',
    '  mkdir whole; for v in vol-*; do cp -rn "$v/." whole/; done',
    'A blob that was larger than a volume lies there in parts; put them together again:',
    '  cd whole/blobs/sha256; for p in *.part-0001; do b=${p%.part-0001}; cat "$b".part-* > "$b"; done',
    '',
    'Load an image with skopeo, from the folder of this file:',
    `  skopeo copy --all oci:.:${reference} docker://REGISTRY/${path}`,
    ...(features.includes('sparse-index')
      ? [
          '',
          'Some images carry some of their platforms only. With --all skopeo misses the others; copy',
          'one platform by its name instead:',
          `  skopeo --override-os ${os} --override-arch ${architecture}${variant === undefined ? '' : ` --override-variant ${variant}`} copy oci:.:${reference} docker://REGISTRY/${path}`,
        ]
      : []),
    ...(plan.base.kind === 'none'
      ? []
      : [
          '',
          'Content that the other side has already is not in here: images whose blobs are missing load',
          'into that registry only, with "mooring bundle import".',
        ]),
    ...(features.includes('referrers')
      ? [
          '',
          'Signatures and attestations:',
          `  oras copy -r --from-oci-layout .:${reference} REGISTRY/${path}`,
        ]
      : []),
    '',
    'Load everything, with Mooring:',
    '  mooring bundle import .',
    '',
  ]
  return lines.join('\n')
}
