import { constants, type Dirent } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BundleFault } from './bundle-fault.ts'
import { isCompatName, isLeftBySystem, isVolumeName, names } from './bundle-names.ts'
import { linkTarget } from './compat-index.ts'
import { codeOf } from './medium.ts'
import { strangeName, type StoredFile, type Volume } from './volume.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

const folders = /^(?:blobs|blobs\/sha256|blobs\/sha512|mooring|compat(?:\/[a-z0-9.:[\]_-]+){0,21})$/
const mostFaults = 100

/** A volume as a folder. Nothing is followed: a link is a fault wherever it stands. */
export async function openDirectoryVolume(path: string): Promise<Volume> {
  const found = new Set<string>()
  const faults: BundleFault[] = []
  let isGrowing = false
  const note = (fault: BundleFault) => {
    if (faults.length < mostFaults) faults.push(fault)
  }

  const visit = async (folder: string) => {
    for (const entry of await readdir(join(path, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (folder === '' && isLeftBySystem(entry.name)) continue
      if (name === names.journal || name === names.note || isGrowingName(name)) isGrowing = true
      else if (entry.isDirectory() && folders.test(name)) await visit(name)
      else if (entry.isFile() && isVolumeName(name)) found.add(name)
      else if (!(await isCompatLink(path, name, entry))) note(faultOf(name, entry))
    }
  }
  await visit('')

  return {
    path,
    names: found,
    faults,
    isGrowing,
    open: (name) => openPlainFile(join(path, name), name),
    localFile: (name) => join(path, name),
    close: () => Promise.resolve(),
  }
}

const isGrowingName = (name: string): boolean =>
  name.endsWith('.writing') && isVolumeName(name.slice(0, -'.writing'.length))

function faultOf(name: string, entry: Dirent): BundleFault {
  return entry.isFile() || entry.isDirectory()
    ? strangeName(name)
    : new BundleFault('file-kind', '', { file: name.slice(0, 300) })
}

async function isCompatLink(root: string, name: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink() || !isCompatName(name) || !name.endsWith('/blobs')) return false
  return (await readlink(join(root, name))) === linkTarget(name)
}

async function openPlainFile(path: string, name: string): Promise<StoredFile> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new BundleFault('file-missing', '', { file: name })
    }
    if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') {
      throw new BundleFault('file-kind', '', { file: name })
    }
    throw error
  })
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new BundleFault('file-kind', '', { file: name })
    return { handle, position: 0, sizeBytes: stats.size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
