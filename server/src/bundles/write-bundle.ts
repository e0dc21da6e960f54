import type { Digest } from '../storage/digest.ts'
import type { BundleManifest, PlacedBlob, WriteOptions, WrittenBundle } from './bundle.ts'
import { describeBundle, descriptionText } from './bundle-description.ts'
import { BundleFault } from './bundle-fault.ts'
import { sha256Of } from './bundle-id.ts'
import { blobLine } from './bundle-lists.ts'
import { names } from './bundle-names.ts'
import { canonicalJson } from './canonical-json.ts'
import { checkPlan } from './check-plan.ts'
import { commonFiles, linesText, type TextFile } from './common-files.ts'
import { needsSums, placeBlobs } from './content-sums.ts'
import { createPace } from './medium.ts'
import { signDetached } from './minisign.ts'
import { planVolumes } from './plan-volumes.ts'
import { readmeText } from './readme-text.ts'
import { contentFiles, sumsRow, textFile } from './volume-files.ts'
import { openWriteJournal } from './write-journal.ts'
import { writeVolumes, type VolumeContent } from './write-volumes.ts'

/**
 * Writes a bundle straight to where it shall be: no copy on the way, resumable at any byte. The same
 * plan and the same key give the same bytes, however often it was broken off.
 */
export async function writeBundle(options: WriteOptions): Promise<WrittenBundle> {
  const { plan, source, to, signer, volumeSize, compatIndex = false, format, encryption } = options
  const signal = options.signal ?? new AbortController().signal
  checkPlan(plan)
  if (encryption !== undefined && format !== 'tar') {
    throw new BundleFault('plan-invalid', 'Only tars are encrypted.')
  }
  const recipients = encryption?.recipients
  const { volumes, placements } = planVolumes(plan, volumeSize, {
    ...{ format, compatIndex, recipients: recipients?.length },
  })
  const common = commonFiles(plan, compatIndex)
  const readme = {
    name: names.readme,
    bytes: Buffer.from(readmeText(plan, signer !== undefined)),
  }
  const work = sha256Of(
    canonicalJson({
      plan: describeBundle(plan, {}, []),
      common: common.map(({ name, bytes }) => [name, sha256Of(bytes)]),
      signer: signer?.publicKey.text,
      placements: sha256Of(linesText([...placements].map((row) => canonicalJson(row)).sort())),
      ...{ format, volumes: volumeSize !== undefined, compatIndex, recipients },
    }),
  )
  const journal = await openWriteJournal(to, { bundle: plan.id, work }, format === 'tar')
  try {
    const blobs = await placeBlobs(plan.blobs, placements, {
      ...{ source, journal, signal },
      onBytes: readingProgress(options, placements),
    })
    const files = [...common, readme, { name: names.blobs, bytes: blobsText(blobs) }]
    const contents = volumes.map(({ number }) => ({
      number,
      files: [...files.map(textFile), ...contentFiles(blobs, number, source)],
    }))
    const description = describeBundle(
      plan,
      signedHashes(files),
      contents.map((content) => sumsRow(content.number, content.files)),
    )
    const written = await writeVolumes(
      withDescription(contents, description, options),
      { ...options, pace: createPace(options.bytesPerSecond, signal), signal },
      journal,
    )
    await journal?.remove()
    const manifestDigest = sha256Of(descriptionText(description))
    return { description, manifestDigest, volumes: written }
  } finally {
    await journal?.close()
  }
}

const blobsText = (blobs: readonly PlacedBlob[]): Buffer =>
  Buffer.from(linesText(blobs.map(blobLine)))

function signedHashes(files: readonly TextFile[]): Record<string, Digest> {
  const signed: Record<string, Digest> = {}
  for (const { name, bytes } of files) {
    if (name === names.index) signed['index.json'] = sha256Of(bytes)
    else if (name.startsWith('mooring/')) signed[name.slice('mooring/'.length)] = sha256Of(bytes)
  }
  return signed
}

/** The description comes first in each volume, so that a later run knows what it finds. */
function withDescription(
  contents: readonly VolumeContent[],
  description: BundleManifest,
  { signer }: WriteOptions,
): readonly VolumeContent[] {
  const bytes = Buffer.from(descriptionText(description))
  const first = [textFile({ name: names.description, bytes })]
  if (signer !== undefined) {
    const comment = `${description.format} ${description.id} ${description.created}`
    const signature = Buffer.from(signDetached(bytes, signer, comment))
    first.push(textFile({ name: names.signature, bytes: signature }))
  }
  return contents.map(({ number, files }) => ({ number, files: [...first, ...files] }))
}

function readingProgress(
  { plan, onProgress }: WriteOptions,
  placements: ReturnType<typeof planVolumes>['placements'],
) {
  const bytesTotal = plan.blobs.reduce((sum, { digest, sizeBytes }) => {
    const placement = placements.get(digest)
    return placement !== undefined && needsSums(digest, placement) ? sum + sizeBytes : sum
  }, 0)
  let bytesDone = 0
  return (file: string, bytes: number) => {
    bytesDone += bytes
    onProgress?.({ phase: 'reading', volume: 0, volumes: 0, file, bytesDone, bytesTotal })
  }
}
