import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openingNoteText } from './age/opening-note.ts'
import { ageTarget, type Encryption } from './age/age-writer.ts'
import { readSealedAgain, whileFresh } from './age/sealed-volume.ts'
import type { BundleProgress, WriteOptions } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { isLeftBySystem, names, openingNote, tarName, volumeFolder } from './bundle-names.ts'
import { compatLinks } from './compat-index.ts'
import { directorySink, flushedFrom } from './directory-sink.ts'
import type { PlannedFile } from './fill-file.ts'
import { codeOf, type Pace } from './medium.ts'
import { openVolume } from './open-volume.ts'
import { plainTarget, tarSink, type TarTarget } from './tar-sink.ts'
import { hashStored } from './volume.ts'
import { sumsText, textFile } from './volume-files.ts'
import type { WriteJournal } from './write-journal.ts'

export interface VolumeContent {
  readonly number: number
  /** Everything but SHA256SUMS, in the order in which it is written. */
  readonly files: readonly PlannedFile[]
}

type Options = Omit<WriteOptions, 'signal'> & { readonly pace: Pace; readonly signal: AbortSignal }

interface WrittenVolume {
  readonly number: number
  readonly path: string
  readonly bytes: number
}

/** @param journal undefined when the target has content and no run is under way: only looks at it. */
export async function writeVolumes(
  contents: readonly VolumeContent[],
  options: Options,
  journal: WriteJournal | undefined,
): Promise<readonly WrittenVolume[]> {
  const { plan, volumeSize } = options
  const report = progressOf(contents, options)
  const noteText = openingNoteText(plan.id, contents.length, volumeSize !== undefined)
  const written: WrittenVolume[] = []
  for (const { number, files } of contents) {
    const sums = textFile({ name: names.sums, bytes: Buffer.from(sumsText(files)) })
    const bytes = [...files, sums].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (journal?.finished.has(number) === true) {
      report.skip(number, bytes)
      written.push({ number, path: pathWithoutMedium(options, number), bytes })
      continue
    }
    const path = await pathOf(options, number, contents.length)
    if (options.format !== 'tar') await requireOwnFolder(path, files[0], sums)
    if (journal === undefined) await requireFinished(path, options)
    else {
      const content = { number, files }
      if (options.encryption === undefined) {
        await writeVolume(content, sums, path, options, report.writing(number))
      } else {
        await writeFile(join(dirname(path), openingNote(plan.id)), noteText)
        await whileFresh(path, report.writing(number), (onBytes) =>
          writeVolume(content, sums, path, options, onBytes),
        )
      }
      if (options.verifyAfterWrite === true) {
        await (options.encryption === undefined
          ? readAgain(number, [...files, sums], path, options, report.verifying(number))
          : readSealedAgain(number, path, bytes, options, report.verifying(number)))
      }
      await journal.noteFinished(number)
    }
    written.push({ number, path, bytes })
  }
  return written
}

async function writeVolume(
  { number, files }: VolumeContent,
  sums: PlannedFile,
  path: string,
  { plan, format, encryption, pace, signal }: Options,
  onBytes: (file: string, bytes: number) => void,
): Promise<void> {
  const fill = { pace, signal, onBytes }
  const sink =
    format === 'tar'
      ? tarSink(path, await targetOf(path, number, encryption), {
          ...{ ...fill, createdAt: plan.createdAt },
        })
      : await directorySink(path, fill)
  try {
    // Small files wait for the disk more than they write: some at once, where their order is free.
    for (const batch of batchesOf(files, format === 'tar' ? 1 : smallAtOnce)) {
      signal.throwIfAborted()
      const outcomes = await Promise.allSettled(batch.map((file) => sink.put(file)))
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') inVolume(number)(outcome.reason)
      }
    }
    for (const [link, target] of compatLinks(files)) await sink.link(link, target)
    await sink.finish(sums).catch(inVolume(number))
  } finally {
    await sink.close()
  }
}

async function targetOf(
  path: string,
  number: number,
  encryption: Encryption | undefined,
): Promise<TarTarget> {
  await mkdir(dirname(path), { recursive: true })
  return encryption === undefined ? plainTarget(path) : ageTarget(path, encryption, number)
}

const smallAtOnce = 8

/** The description alone comes first: by it a later run knows the folder. */
function* batchesOf(files: readonly PlannedFile[], most: number) {
  let batch: PlannedFile[] = []
  for (const [at, file] of files.entries()) {
    const isAlone = at === 0 || file.sizeBytes >= flushedFrom
    if (batch.length >= most || (isAlone && batch.length > 0)) {
      yield batch
      batch = []
    }
    batch.push(file)
    if (isAlone) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function inVolume(volume: number) {
  return (error: unknown): never => {
    if (!(error instanceof BundleFault) || error.place.volume !== undefined) throw error
    const { kind, about, place, cause } = error
    throw new BundleFault(kind, about, { ...place, volume }, { cause })
  }
}

async function pathOf(options: Options, number: number, of: number): Promise<string> {
  if (options.nextMedium === undefined) return pathWithoutMedium(options, number)
  const folder = await options.nextMedium(number, of)
  if (options.format !== 'tar') return folder
  const kind = { isSplit: true, isEncrypted: options.encryption !== undefined }
  return join(folder, tarName(options.plan.id, number, kind))
}

function pathWithoutMedium(options: Options, number: number): string {
  const { to, plan, format, volumeSize, encryption } = options
  const isSplit = volumeSize !== undefined
  if (format === 'tar') {
    const kind = { isSplit, isEncrypted: encryption !== undefined }
    return join(to, tarName(plan.id, number, kind))
  }
  return isSplit ? join(to, volumeFolder(number)) : to
}

/** A medium that was not changed, or one with other things, must not get a second volume. */
async function requireOwnFolder(
  folder: string,
  description: PlannedFile | undefined,
  sums: PlannedFile,
): Promise<void> {
  const found = await namesIn(folder)
  if (found.includes(names.sums)) {
    if (await holds(join(folder, names.sums), sums)) return
    throw new BundleFault('target-in-use', 'It holds another volume or bundle.', { file: folder })
  }
  if (description !== undefined && (await holds(join(folder, description.name), description)))
    return
  const isFree = found.every(
    (name) => ['mooring', names.journal, names.note].includes(name) || isLeftBySystem(name),
  )
  if (!isFree) throw new BundleFault('target-in-use', '', { file: folder })
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function holds(path: string, file: PlannedFile): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile() !== true || found.size !== file.sizeBytes) return false
  const bytes = await readFile(path)
  for await (const expected of (await file.open(0)) as AsyncIterable<Buffer>) {
    return bytes.equals(expected)
  }
  return bytes.length === 0
}

async function requireFinished(path: string, { format }: Options): Promise<void> {
  const last = format === 'tar' ? path : join(path, names.sums)
  const found = await lstat(last).catch(() => undefined)
  if (found === undefined) throw new BundleFault('target-in-use', '', { file: path })
}

/** Through a handle of its own; the medium itself is only read after it was taken out and put in. */
async function readAgain(
  number: number,
  files: readonly PlannedFile[],
  path: string,
  { signal }: Options,
  onBytes: (file: string, bytes: number) => void,
): Promise<void> {
  const volume = await openVolume(path)
  try {
    for (const { name, sizeBytes, sha256 } of files) {
      signal.throwIfAborted()
      const found = await hashStored(volume, name, signal).catch(() => undefined)
      if (found?.sizeBytes !== sizeBytes || found.sha256 !== sha256) {
        // What is wrong goes, so that the next run writes it anew.
        await rm(volume.localFile(name) ?? path, { force: true })
        throw new BundleFault('write-failed', '', { volume: number, file: name })
      }
      onBytes(name, sizeBytes)
    }
  } finally {
    await volume.close()
  }
}

function progressOf(contents: readonly VolumeContent[], { onProgress }: Options) {
  const bytesTotal = contents
    .flatMap(({ files }) => files)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const done = { writing: 0, verifying: 0 }
  const note =
    (phase: 'writing' | 'verifying') => (volume: number) => (file: string, bytes: number) => {
      done[phase] += bytes
      const progress: BundleProgress = {
        ...{ phase, volume, volumes: contents.length, file },
        ...{ bytesDone: Math.min(done[phase], bytesTotal), bytesTotal },
      }
      onProgress?.(progress)
    }
  return {
    writing: note('writing'),
    verifying: note('verifying'),
    skip(volume: number, bytes: number) {
      note('writing')(volume)('', bytes)
      done.verifying += bytes
    },
  }
}
