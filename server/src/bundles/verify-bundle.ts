import type { BundleProgress, ReadOptions, VerifyReport, VolumeReport } from './bundle.ts'
import { signedListNames, signedLists } from './bundle-description.ts'
import { BundleFault } from './bundle-fault.ts'
import { names } from './bundle-names.ts'
import { findClosureFaults } from './closure.ts'
import { contentNames, type ContentFile } from './content-names.ts'
import { layoutText } from './common-files.ts'
import { sha256Of } from './bundle-id.ts'
import { digestHex } from '../storage/digest.ts'
import { atVolume, openParts, type BundleParts } from './open-bundle.ts'
import { readSums, sumsDigest } from './read-sums.ts'
import { hashStored, type Volume } from './volume.ts'

export interface VerifyOptions extends ReadOptions {
  readonly onProgress?: (progress: BundleProgress) => void
}

const mostFaults = 100

/**
 * Reads every byte of the volumes that are there. What is wrong with signature, description or
 * lists is thrown; what is wrong with files is collected, each with its volume and name.
 */
export async function verifyBundle(
  paths: readonly string[],
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const parts = await openParts(paths, options)
  const { bundle, layout, read, volumes, others } = parts
  try {
    const faults: BundleFault[] = []
    const note = (fault: BundleFault) => {
      if (faults.length < mostFaults) faults.push(fault)
    }
    for (const volume of others) {
      for (const fault of volume.faults) note(fault)
    }
    const expected = contentNames(layout.blobs)
    const reports: VolumeReport[] = []
    const onFile = progressOf(parts, expected, options)
    for (const { n: number } of layout.rows) {
      const volume = volumes.get(number)
      if (volume === undefined) {
        reports.push({ number, state: 'missing', files: 0, bytes: 0 })
        continue
      }
      const found: BundleFault[] = []
      const report = await verifyVolume(parts, number, volume, expected, {
        signal: options.signal,
        onFile: (file, bytes) => {
          onFile(number, file, bytes)
        },
        note(fault) {
          found.push(fault)
          note(atVolume(fault, number))
        },
      })
      reports.push({ number, state: found.length === 0 ? 'sound' : 'damaged', ...report })
    }
    if (faults.length === 0) for await (const fault of findClosureFaults(bundle)) note(fault)
    const { description, manifestDigest, signature } = read
    const isComplete = faults.length === 0 && bundle.volumes.missing.length === 0
    return { description, manifestDigest, signature, volumes: reports, faults, isComplete }
  } finally {
    await bundle[Symbol.asyncDispose]()
  }
}

interface VolumeCheck {
  readonly signal: AbortSignal | undefined
  readonly onFile: (file: string, bytes: number) => void
  readonly note: (fault: BundleFault) => void
}

async function verifyVolume(
  parts: BundleParts,
  number: number,
  volume: Volume,
  expected: ReadonlyMap<string, ContentFile>,
  { signal, onFile, note }: VolumeCheck,
): Promise<{ readonly files: number; readonly bytes: number }> {
  for (const fault of volume.faults) note(fault)
  const sums = await soundSums(parts, number, volume, note)
  const wanted = wantedFiles(parts, number, expected, sums)
  for (const name of wanted.keys()) {
    if (!volume.names.has(name)) note(new BundleFault('file-missing', '', { file: name }))
  }
  let bytes = 0
  for (const name of volume.names) {
    signal?.throwIfAborted()
    const want = wanted.get(name)
    if (want === undefined) {
      // Without sound sums nobody can say what else belongs there.
      if (name !== names.sums && (sums !== undefined || expected.has(name))) {
        note(new BundleFault('file-unexpected', '', { file: name }))
      }
      continue
    }
    const found = await hashStored(volume, name, signal).catch(notedAs(name, note))
    if (found === undefined) continue
    bytes += found.sizeBytes
    onFile(name, found.sizeBytes)
    if (want.sizeBytes !== undefined && found.sizeBytes !== want.sizeBytes) {
      const about = `${String(found.sizeBytes)} bytes instead of ${String(want.sizeBytes)}.`
      note(new BundleFault('file-truncated', about, { file: name }))
    } else if (want.sha256 !== undefined && found.sha256 !== want.sha256) {
      note(new BundleFault('file-damaged', '', { file: name }))
    }
  }
  return { files: volume.names.size, bytes }
}

/** Of an encrypted volume: what does not open is a fault of the file that lies there. */
function notedAs(file: string, note: VolumeCheck['note']) {
  return (error: unknown): undefined => {
    if (!(error instanceof BundleFault)) throw error
    note(new BundleFault(error.kind, error.about, { file }, { cause: error }))
  }
}

/** @returns undefined when they are not what the description says. */
async function soundSums(
  { layout, read }: BundleParts,
  number: number,
  volume: Volume,
  note: VolumeCheck['note'],
): Promise<ReadonlyMap<string, string> | undefined> {
  const row = layout.rows.find(({ n }) => n === number)
  if (row?.sums === (await sumsDigest(volume))) {
    const sums = await readSums(volume)
    if (sums?.get(names.description) === digestHex(read.manifestDigest)) return sums
  }
  note(new BundleFault('file-damaged', '', { file: names.sums }))
  return undefined
}

interface Wanted {
  readonly sizeBytes?: number | undefined
  readonly sha256?: string | undefined
}

function wantedFiles(
  { read }: BundleParts,
  number: number,
  expected: ReadonlyMap<string, ContentFile>,
  sums: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, Wanted> {
  const { description, manifestDigest, signature } = read
  const wanted = new Map<string, Wanted>()
  for (const [name, sha256] of sums ?? []) wanted.set(name, { sha256 })
  const want = (name: string, sha256: string) => wanted.set(name, { sha256 })
  want(names.layout, digestHex(sha256Of(layoutText)))
  want(names.description, digestHex(manifestDigest))
  for (const list of signedListNames) {
    const digest = description.files[list]
    if (digest !== undefined) want(signedLists[list], digestHex(digest))
  }
  if (signature.kind !== 'unsigned' && !wanted.has(names.signature)) {
    wanted.set(names.signature, {})
  }
  for (const [name, { volume, sizeBytes, sha256 }] of expected) {
    if (volume === undefined || volume === number) wanted.set(name, { sizeBytes, sha256 })
  }
  return wanted
}

function progressOf(
  { volumes, layout }: BundleParts,
  expected: ReadonlyMap<string, ContentFile>,
  { onProgress }: VerifyOptions,
) {
  let bytesTotal = 0
  for (const { volume, sizeBytes } of expected.values()) {
    if (volume === undefined) bytesTotal += sizeBytes * volumes.size
    else if (volumes.has(volume)) bytesTotal += sizeBytes
  }
  let bytesDone = 0
  return (volume: number, file: string, bytes: number) => {
    bytesDone = Math.min(bytesDone + (expected.has(file) ? bytes : 0), bytesTotal)
    onProgress?.({
      ...{ phase: 'verifying', volume, volumes: layout.rows.length, file, bytesDone, bytesTotal },
    })
  }
}
