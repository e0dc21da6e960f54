import { setImmediate as otherWork } from 'node:timers/promises'

import type { OpenBundle, ReadOptions } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { contentNames } from './content-names.ts'
import { findVolumes } from './open-volume.ts'
import { atVolume, openParts, requireIndex, type BundleParts } from './open-bundle.ts'
import type { Volume } from './volume.ts'

export interface SeenBundle {
  readonly bundle: OpenBundle
  /** What is wrong with its volumes as far as that shows without reading every byte. */
  readonly faults: readonly BundleFault[]
}

const mostFaults = 100
const filesBetweenTurns = 200

/**
 * Opens what can be opened of a bundle, and says what is wrong with the rest.
 * @throws BundleFault when no volume is sound enough to tell what it belongs to.
 */
export async function lookAtBundle(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<SeenBundle> {
  const faults: BundleFault[] = []
  const sound: string[] = []
  for (const path of await findVolumes(paths)) {
    try {
      const { bundle } = await openParts([path], options)
      await bundle[Symbol.asyncDispose]()
      sound.push(path)
    } catch (error) {
      // Whose it is, is a question about all of it.
      if (!(error instanceof BundleFault) || isAboutTrust(error)) throw error
      faults.push(error)
    }
  }
  const [first] = faults
  if (sound.length === 0 && first !== undefined) throw first
  const parts = await openParts(sound, options)
  try {
    for await (const fault of findFaults(parts, options)) {
      faults.push(fault)
      if (faults.length >= mostFaults) break
    }
    return { bundle: parts.bundle, faults }
  } catch (error) {
    await parts.bundle[Symbol.asyncDispose]()
    throw error
  }
}

const isAboutTrust = ({ kind }: BundleFault): boolean =>
  kind === 'key-unknown' || kind === 'signature-missing' || kind === 'signature-wrong'

async function* findFaults(
  { volumes, others, read, layout }: BundleParts,
  { signal }: ReadOptions,
): AsyncGenerator<BundleFault> {
  for (const volume of others) yield* volume.faults
  const expected = contentNames(layout.blobs)
  for (const [number, volume] of volumes) {
    for (const fault of volume.faults) yield atVolume(fault, number)
    if (read.differing.has(volume)) {
      yield new BundleFault('file-damaged', '', { volume: number, file: 'mooring/manifest.json' })
    }
    const index = await faultOf(() => requireIndex(volume, number, read, signal))
    if (index !== undefined) yield index
    let looked = 0
    for (const [name, { volume: only, sizeBytes }] of expected) {
      if (only !== undefined && only !== number) continue
      if (++looked % filesBetweenTurns === 0) await otherWork()
      signal?.throwIfAborted()
      const fault = await faultOf(() => requireFile(volume, name, sizeBytes))
      if (fault !== undefined) yield atVolume(fault, number)
    }
  }
}

async function requireFile(volume: Volume, name: string, sizeBytes: number): Promise<void> {
  const file = await volume.open(name)
  await file.handle.close()
  if (file.sizeBytes === sizeBytes) return
  const about = `${String(file.sizeBytes)} bytes instead of ${String(sizeBytes)}.`
  throw new BundleFault('file-truncated', about, { file: name })
}

async function faultOf(check: () => Promise<void>): Promise<BundleFault | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof BundleFault) return error
    throw error
  }
}
