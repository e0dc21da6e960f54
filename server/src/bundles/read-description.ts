import type { Digest } from '../storage/digest.ts'
import type { BundleManifest, BundleSignature, ReadOptions } from './bundle.ts'
import { largestDescription, parseDescription } from './bundle-description.ts'
import { BundleFault, type FaultPlace } from './bundle-fault.ts'
import { sha256Of } from './bundle-id.ts'
import { names } from './bundle-names.ts'
import { describeSignature, verifyDetached } from './minisign.ts'
import { readStored, type Volume } from './volume.ts'

const largestSignature = 8192

export interface ReadDescription {
  readonly description: BundleManifest
  readonly manifestDigest: Digest
  readonly signature: BundleSignature
  /** Volumes whose description is another one, byte by byte. */
  readonly differing: ReadonlySet<Volume>
}

/** Signature first: nothing of a description is believed before. */
export async function readDescription(
  volumes: readonly Volume[],
  keys: ReadOptions['keys'],
): Promise<ReadDescription> {
  const found: { volume: Volume; bytes: Buffer }[] = []
  for (const volume of volumes) found.push({ volume, bytes: await descriptionOf(volume) })
  let failure: unknown
  for (const { volume, bytes } of found) {
    try {
      const signature = await signatureOf(volume, bytes, keys)
      const description = parseDescription(bytes)
      const others = found.filter((other) => !other.bytes.equals(bytes))
      for (const other of others) requireSameBundle(other.bytes, description, other.volume)
      const differing = new Set(others.map((other) => other.volume))
      return { description, manifestDigest: sha256Of(bytes), signature, differing }
    } catch (error) {
      if (error instanceof BundleFault && error.kind === 'volumes-differ') throw error
      failure ??= error
    }
  }
  throw failure
}

async function descriptionOf(volume: Volume): Promise<Buffer> {
  const place = placeOf(volume)
  const { names: there } = volume
  if (volume.isGrowing) throw new BundleFault('unfinished', volume.path, place)
  if (!there.has(names.description)) {
    const isBundle = there.has(names.entries) || there.has(names.blobs) || there.has(names.sums)
    if (!isBundle) throw new BundleFault('not-a-bundle', volume.path)
    throw new BundleFault('file-missing', volume.path, { ...place, file: names.description })
  }
  if (!there.has(names.sums)) {
    throw new BundleFault('unfinished', 'It has no SHA256SUMS.', { ...place, file: volume.path })
  }
  return readStored(volume, names.description, largestDescription)
}

async function signatureOf(
  volume: Volume,
  description: Buffer,
  keys: ReadOptions['keys'],
): Promise<BundleSignature> {
  if (!volume.names.has(names.signature)) {
    if (keys !== undefined) throw new BundleFault('signature-missing', '', placeOf(volume))
    return { kind: 'unsigned' }
  }
  const text = (await readStored(volume, names.signature, largestSignature)).toString('utf8')
  try {
    return keys === undefined
      ? { kind: 'signed', ...describeSignature(text) }
      : { kind: 'trusted', ...verifyDetached(description, text, keys) }
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error
    const place = { ...placeOf(volume), file: names.signature }
    throw new BundleFault(error.kind, error.about, place, { cause: error })
  }
}

function requireSameBundle(bytes: Buffer, { id }: BundleManifest, volume: Volume): void {
  let other: BundleManifest
  try {
    other = parseDescription(bytes)
  } catch {
    return
  }
  if (other.id !== id) {
    throw new BundleFault('volumes-differ', `${id} and ${other.id}.`, { file: volume.path })
  }
}

/** From the name that the writer gave: only for messages. */
export function placeOf({ path }: Volume): FaultPlace {
  const [, digits] = /(?:^|[./\\])vol-(\d{3,5})(?:\.tar(?:\.age)?)?[/\\]?$/.exec(path) ?? []
  return digits === undefined ? {} : { volume: Number(digits) }
}
