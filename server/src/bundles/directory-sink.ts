import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import {
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  rm,
  symlink,
  type FileHandle,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BundleFault } from './bundle-fault.ts'
import { fillFile, hashRange, type PlannedFile } from './fill-file.ts'
import { codeOf, onMedium, syncFolder } from './medium.ts'
import type { SinkOptions, VolumeSink } from './volume-sink.ts'

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants

/** From this size on a file is flushed at once, and a later run takes it by its name and length. */
export const flushedFrom = 1 << 20
const flushesAtOnce = 16

/**
 * A volume as a folder. A file grows under a name of its own and is renamed when its bytes are
 * right. Small ones are flushed together before the volume ends, and hashed again by a later run.
 */
export async function directorySink(path: string, options: SinkOptions): Promise<VolumeSink> {
  const folders = new Set<string>()
  const unflushed = new Set<string>()
  const makeFolder = async (folder: string) => {
    if (folders.has(folder)) return
    await mkdir(folder, { recursive: true })
    if (!(await lstat(folder)).isDirectory()) {
      throw new BundleFault('target-in-use', 'It is no folder.', { file: folder })
    }
    folders.add(folder)
  }
  await makeFolder(path)
  // A large file is flushed while the next one is written.
  let flushing: Promise<void> = Promise.resolve()

  const put = async (file: PlannedFile) => {
    const target = join(path, file.name)
    await makeFolder(dirname(target))
    const isSmall = file.sizeBytes < flushedFrom
    if (await isWritten(target, file, options)) {
      if (isSmall) unflushed.add(target)
      return
    }
    const growing = `${target}.writing`
    const handle = await open(growing, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
    try {
      const { size } = await handle.stat()
      if (size > file.sizeBytes) await handle.truncate(file.sizeBytes)
      await onMedium(file.name, () => fillFile(handle, 0, file, size, options))
    } catch (error) {
      await handle.close()
      throw error
    }
    if (isSmall) {
      await handle.close()
      await rename(growing, target)
      unflushed.add(target)
      return
    }
    const before = flushing
    flushing = settle(handle, growing, target)
    flushing.catch(() => undefined)
    await before
  }

  const flush = async () => {
    await flushing
    const files = [...unflushed]
    for (let at = 0; at < files.length; at += flushesAtOnce) {
      await Promise.all(files.slice(at, at + flushesAtOnce).map(syncFile))
    }
    unflushed.clear()
    for (const folder of [...folders].reverse()) await syncFolder(folder)
    await syncFolder(dirname(path))
  }
  return {
    path,
    put,
    async link(name, target) {
      const place = join(path, name)
      await makeFolder(dirname(place))
      if ((await readlink(place).catch(() => undefined)) === target) return
      await rm(place, { force: true })
      await symlink(target, place)
    },
    flush,
    async finish(last) {
      await flush()
      await put(last)
      await flush()
    },
    close: () => flushing.catch(() => undefined),
  }
}

async function settle(handle: FileHandle, growing: string, target: string): Promise<void> {
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(growing, target)
}

async function isWritten(
  target: string,
  { name, sizeBytes, sha256 }: PlannedFile,
  { signal, onBytes }: SinkOptions,
): Promise<boolean> {
  const found = await lstat(target).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return false
  if (found.isFile() && found.size === sizeBytes) {
    if (sizeBytes >= flushedFrom || (await hashFile(target, sizeBytes, signal)) === sha256) {
      onBytes(name, sizeBytes)
      return true
    }
  }
  await rm(target, { recursive: true, force: true })
  return false
}

async function hashFile(path: string, sizeBytes: number, signal: AbortSignal): Promise<string> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    await hashRange(handle, 0, sizeBytes, hash, signal)
    return hash.digest('hex')
  } finally {
    await handle.close()
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
