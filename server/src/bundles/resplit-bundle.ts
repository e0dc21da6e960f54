import type { OpenBundle, PlacedBlob, ReadOptions, WriteOptions, WrittenBundle } from './bundle.ts'
import { signedLists, signedListNames } from './bundle-description.ts'
import { BundleFault } from './bundle-fault.ts'
import { sha256Of } from './bundle-id.ts'
import { movedFormat, movedLine } from './bundle-lists.ts'
import { names } from './bundle-names.ts'
import { canonicalJson } from './canonical-json.ts'
import { linesText, type TextFile } from './common-files.ts'
import { placeBlobs } from './content-sums.ts'
import { createPace } from './medium.ts'
import { atVolume, openParts, type BundleParts } from './open-bundle.ts'
import { planVolumes } from './plan-volumes.ts'
import { readSums } from './read-sums.ts'
import { readStored, type Volume } from './volume.ts'
import { contentFiles, sumsRow, textFile } from './volume-files.ts'
import { openWriteJournal } from './write-journal.ts'
import { writeVolumes } from './write-volumes.ts'

export interface ResplitOptions
  extends
    Pick<ReadOptions, 'keys' | 'identities'>,
    Pick<
      WriteOptions,
      | 'to'
      | 'format'
      | 'volumeSize'
      | 'verifyAfterWrite'
      | 'bytesPerSecond'
      | 'onProgress'
      | 'signal'
      | 'nextMedium'
    > {
  /** All volumes. */
  readonly from: readonly string[]
}

const largestFile = 1024 * 2 ** 20
// A line of volumes.jsonl without parts: digest, names of fields, the number.
const movedLineBytes = 190

/**
 * Writes the same bundle in other volumes, or (without a size) as one folder. Description, lists and
 * signature stay byte by byte, so it needs no key; `mooring/volumes.jsonl` says where the content is.
 */
export async function resplitBundle(options: ResplitOptions): Promise<WrittenBundle> {
  const { from, keys, identities, to, volumeSize, format } = options
  const signal = options.signal ?? new AbortController().signal
  const parts = await openParts(from, {
    signal,
    ...(keys === undefined ? {} : { keys }),
    ...(identities === undefined ? {} : { identities }),
  })
  const { bundle } = parts
  try {
    requireWhole(parts)
    const kept = await keptFiles(parts)
    const plan = planOf(bundle)
    const carried = bundle.blobs.length * movedLineBytes
    const lists = kept.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const extraBytes = carried + lists
    const { volumes, placements } = planVolumes(plan, volumeSize, { format, extraBytes })
    const rows = [...placements].map((row) => canonicalJson(row)).sort()
    const work = canonicalJson({
      resplit: bundle.manifestDigest,
      placements: sha256Of(linesText(rows)),
      format,
    })
    const journal = await openWriteJournal(
      to,
      { bundle: bundle.description.id, work: sha256Of(work) },
      format === 'tar',
    )
    try {
      const blobs = await placeBlobs(plan.blobs, placements, {
        ...{ source: bundle, journal, signal },
        onBytes: () => undefined,
      })
      const contents = volumes.map(({ number }) => ({
        number,
        files: [...kept.map(textFile), ...contentFiles(blobs, number, bundle)],
      }))
      const sums = contents.map(({ number, files }) => sumsRow(number, files))
      const header = canonicalJson({ format: movedFormat, volumes: sums })
      const moved = {
        name: names.volumes,
        bytes: Buffer.from(linesText([header, ...movedLines(blobs)])),
      }
      const written = await writeVolumes(
        contents.map(({ number, files }) => ({ number, files: [...files, textFile(moved)] })),
        {
          ...options,
          plan,
          source: bundle,
          pace: createPace(options.bytesPerSecond, signal),
          signal,
        },
        journal,
      )
      await journal?.remove()
      const { description, manifestDigest } = bundle
      return { description, manifestDigest, volumes: written }
    } finally {
      await journal?.close()
    }
  } finally {
    await bundle[Symbol.asyncDispose]()
  }
}

function movedLines(blobs: readonly PlacedBlob[]): readonly string[] {
  return blobs
    .filter(({ placement }) => placement.kind === 'whole' || placement.kind === 'parts')
    .map(({ digest, placement }) => movedLine(digest, placement))
}

function requireWhole({ bundle, volumes, others, read }: BundleParts): void {
  const [missing] = bundle.volumes.missing
  if (missing !== undefined) throw new BundleFault('volume-missing', '', { volume: missing })
  for (const volume of others) for (const fault of volume.faults) throw fault
  for (const [number, volume] of volumes) {
    for (const fault of volume.faults) throw atVolume(fault, number)
    if (read.differing.has(volume)) {
      throw new BundleFault('file-damaged', '', { volume: number, file: names.description })
    }
  }
}

const planOf = ({ description, entries, blobs, deletions }: OpenBundle) => ({
  id: description.id,
  createdAt: Date.parse(description.created),
  source: description.source,
  base: description.base,
  ...{ entries, blobs, deletions },
})

/** What is signed, and README: read once, and checked, from a volume in which it is sound. */
async function keptFiles({ bundle, read, volumes }: BundleParts): Promise<readonly TextFile[]> {
  const wanted = [
    names.description,
    ...(bundle.signature.kind === 'unsigned' ? [] : [names.signature]),
    names.layout,
    names.readme,
    ...signedListNames
      .filter((list) => read.description.files[list] !== undefined)
      .map((list) => signedLists[list]),
  ]
  let failure: unknown
  for (const [number, volume] of volumes) {
    try {
      return await readKept(volume, wanted)
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error
      failure ??= atVolume(error, number)
    }
  }
  throw failure
}

async function readKept(volume: Volume, wanted: readonly string[]): Promise<readonly TextFile[]> {
  const sums = await readSums(volume)
  if (sums === undefined) throw new BundleFault('file-damaged', '', { file: names.sums })
  const files: TextFile[] = []
  for (const name of wanted) {
    const bytes = await readStored(volume, name, largestFile)
    if (`sha256:${sums.get(name) ?? ''}` !== sha256Of(bytes)) {
      throw new BundleFault('file-damaged', '', { file: name })
    }
    files.push({ name, bytes })
  }
  return files
}
