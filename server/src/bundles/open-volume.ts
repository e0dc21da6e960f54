import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAge, isArmored } from './age/age-header.ts'
import type { AgeIdentity } from './age/age-keys.ts'
import { openAgeFile } from './age/age-reader.ts'
import { BundleFault } from './bundle-fault.ts'
import { isTarName, isVolumeFolder, names } from './bundle-names.ts'
import { compareText } from './canonical-json.ts'
import { openDirectoryVolume } from './directory-volume.ts'
import { codeOf } from './medium.ts'
import { openTarVolume } from './tar-volume.ts'
import type { Volume } from './volume.ts'

const beginningBytes = 64

export async function openVolume(
  path: string,
  identities: readonly AgeIdentity[] = [],
): Promise<Volume> {
  const found = await statOf(path)
  if (found.isDirectory()) return openDirectoryVolume(path)
  if (found.isFile()) {
    const beginning = await beginningOf(path)
    if (isArmored(beginning)) {
      throw new BundleFault('tar-invalid', 'It is encrypted as text.', { file: path })
    }
    if (!isAge(beginning)) return openTarVolume(path)
    return openTarVolume(path, await openAgeFile(path, identities))
  }
  throw new BundleFault('not-a-bundle', '', { file: path })
}

async function beginningOf(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(beginningBytes)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** The volumes that were named, or that stand in the folders that were named. */
export async function findVolumes(paths: readonly string[]): Promise<readonly string[]> {
  const volumes: string[] = []
  for (const path of paths) volumes.push(...(await volumesAt(path)))
  if (volumes.length === 0) throw new BundleFault('not-a-bundle', 'No folder was named.')
  return volumes
}

async function volumesAt(path: string): Promise<readonly string[]> {
  if (!(await statOf(path)).isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true })
  if (entries.some(({ name }) => name === names.layout || name === 'mooring')) return [path]
  const below = entries
    .filter((entry) =>
      entry.isDirectory() ? isVolumeFolder(entry.name) : entry.isFile() && isTarName(entry.name),
    )
    .map(({ name }) => name)
    .sort(compareText)
  if (below.length === 0) {
    const isBegun = entries.some(({ name }) => name === names.journal)
    throw new BundleFault(isBegun ? 'unfinished' : 'not-a-bundle', '', { file: path })
  }
  return below.map((name) => join(path, name))
}

const unusablePaths: ReadonlySet<string> = new Set([
  ...['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'],
  // A NUL in the path.
  'ERR_INVALID_ARG_VALUE',
])

async function statOf(path: string) {
  return stat(path).catch((error: unknown) => {
    const code = codeOf(error) ?? ''
    if (unusablePaths.has(code)) {
      throw new BundleFault('not-a-bundle', code, { file: path.slice(0, 300) })
    }
    throw error
  })
}
